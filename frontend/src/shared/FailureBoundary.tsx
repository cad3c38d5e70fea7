import { Component, type ReactNode } from "react";
import { strings } from "@/strings";

interface State {
  failure: Error | undefined;
}

/** Shows what can be done when drawing the page failed, instead of nothing. */
export class FailureBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { failure: undefined };

  static getDerivedStateFromError(failure: Error): State {
    return { failure };
  }

  override render(): ReactNode {
    const { failure } = this.state;
    if (!failure) return this.props.children;
    return (
      <main className="failure stack" role="alert">
        <h1>{strings.failures.title}</h1>
        <p>{strings.failures.advice}</p>
        <p className="small soft">{failure.message}</p>
        <button type="button" className="button primary" onClick={() => location.reload()}>
          {strings.failures.reload}
        </button>
      </main>
    );
  }
}
