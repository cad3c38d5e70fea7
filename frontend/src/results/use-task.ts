import { useEffect, useRef, useState } from "react";

/** Something that takes a while and makes a file. */
export type TaskState =
  | { readonly kind: "idle" }
  /** `progress`: share that is done, 0 to 1. */
  | { readonly kind: "running"; readonly progress: number }
  | { readonly kind: "done"; readonly message: string }
  | { readonly kind: "cancelled" }
  | { readonly kind: "failed"; readonly reason: string };

/** Does the work and returns a sentence for when it is done. */
export type Work = (signal: AbortSignal, onProgress: (progress: number) => void) => Promise<string>;

export interface Task {
  readonly state: TaskState;
  start(work: Work): void;
  cancel(): void;
}

/** One task at a time; it is cancelled when the component goes. */
export function useTask(): Task {
  const [state, setState] = useState<TaskState>({ kind: "idle" });
  const running = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => running.current?.abort(), []);

  const run = async (work: Work) => {
    const control = new AbortController();
    running.current?.abort();
    running.current = control;
    // What an aborted task still tells is not about the task that is shown now.
    const tell = (next: TaskState) => {
      if (running.current === control) setState(next);
    };
    tell({ kind: "running", progress: 0 });
    try {
      const message = await work(control.signal, (progress) => {
        if (!control.signal.aborted) tell({ kind: "running", progress });
      });
      tell({ kind: "done", message });
    } catch (failure) {
      tell(isCancelled(failure) ? { kind: "cancelled" } : { kind: "failed", reason: reasonOf(failure) });
    }
  };
  return {
    state,
    start: (work) => void run(work),
    cancel: () => running.current?.abort(),
  };
}

/** Also how a browser tells that its "save as" window was closed. */
function isCancelled(failure: unknown): boolean {
  return failure instanceof DOMException && failure.name === "AbortError";
}

/** The sentence of a failure. */
export function reasonOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}
