import { ProgressBar } from "@/shared/ProgressBar";
import { strings } from "@/strings";
import type { Task } from "./use-task";

interface TaskStatusProps {
  readonly task: Task;
  /** What goes on. */
  readonly label: string;
  /** A share of 0 to 1 in words. */
  readonly describe: (progress: number) => string;
  readonly describeFailure: (reason: string) => string;
}

/** How far a task is, with a way out, and what became of it. */
export function TaskStatus({ task, label, describe, describeFailure }: TaskStatusProps) {
  const { state } = task;
  return (
    <div>
      {state.kind === "running" && (
        <div className="task">
          <ProgressBar label={label} value={state.progress} text={describe(state.progress)} />
          <span className="small figures soft">{describe(state.progress)}</span>
          <button type="button" className="button quiet" onClick={task.cancel}>
            {strings.results.cancel}
          </button>
        </div>
      )}
      <p role="status" className="task-result small">
        {state.kind === "done" && state.message}
        {state.kind === "cancelled" && strings.results.cancelled}
      </p>
      <div role="alert">
        {state.kind === "failed" && <p className="notice bad small">{describeFailure(state.reason)}</p>}
      </div>
    </div>
  );
}
