import { useRef, useState } from "react";
import type { Job } from "@/api/types";
import { configuration } from "@/config";
import { strings } from "@/strings";
import { cliCommand, curlCommands } from "./command-lines";

const text = strings.results;

/** The same job for a terminal. */
export function CommandLines({ job }: { job: Job }) {
  const apiUrl = configuration().apiUrl || location.origin;
  return (
    <details className="commands card">
      <summary>
        <h2>{text.commands}</h2>
      </summary>
      <div className="stack">
        <Copyable title={text.commandLine} content={cliCommand(job, apiUrl)} />
        <Copyable title={text.curl} content={curlCommands(job, apiUrl)} note={text.curlNote} />
      </div>
    </details>
  );
}

interface CopyableProps {
  readonly title: string;
  readonly content: string;
  readonly note?: string;
}

function Copyable({ title, content, note }: CopyableProps) {
  const code = useRef<HTMLPreElement>(null);
  const [told, setTold] = useState<string>();
  const copy = async () => {
    setTold(undefined);
    try {
      await navigator.clipboard.writeText(content);
      setTold(text.copied);
    } catch {
      // Refused, or a page without a secure origin: the next best is one key away.
      if (code.current) getSelection()?.selectAllChildren(code.current);
      setTold(text.copyFailed);
    }
  };
  return (
    <div className="stack">
      <div className="row">
        <h3>{title}</h3>
        <button type="button" className="button" aria-label={text.copyOf(title)} onClick={copy}>
          {text.copy}
        </button>
        <span role="status" className="small">
          {told}
        </span>
      </div>
      {note && <p className="small soft">{note}</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls has to be reached by keyboard. */}
      <section className="command" tabIndex={0} aria-label={title}>
        <pre className="figures small" ref={code}>
          {content}
        </pre>
      </section>
    </div>
  );
}
