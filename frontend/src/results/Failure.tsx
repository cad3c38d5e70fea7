import { strings } from "@/strings";
import { reasonOf } from "./use-task";

interface FailureProps {
  readonly message: string;
  readonly cause: unknown;
  readonly onRetry: () => void;
}

/** What could not be had, why, and a way to try again. */
export function Failure({ message, cause, onRetry }: FailureProps) {
  return (
    <div className="notice bad row" role="alert">
      <p>
        {message} {reasonOf(cause)}
      </p>
      <button type="button" className="button" onClick={onRetry}>
        {strings.common.retry}
      </button>
    </div>
  );
}
