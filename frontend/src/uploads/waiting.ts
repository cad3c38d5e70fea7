/** Waiting that ends early, without an error, when a signal is aborted; the caller looks at the signal. */

async function until(signal: AbortSignal, listen: (done: () => void) => () => void): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const end = () => {
      unlisten();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const unlisten = listen(end);
    signal.addEventListener("abort", end);
  });
}

export function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return until(signal, (done) => {
    const timer = setTimeout(done, milliseconds);
    return () => clearTimeout(timer);
  });
}

/** Waits for the browser to have a network. */
export async function untilOnline(signal: AbortSignal): Promise<void> {
  if (navigator.onLine) return;
  await until(signal, (done) => {
    window.addEventListener("online", done);
    return () => window.removeEventListener("online", done);
  });
}
