import { ApiProblem } from "@/api/problems";
import { TransferError } from "./transfer";
import { sleep, untilOnline } from "./waiting";

/** Failures in a row after which trying again is given up. */
const MAX_FAILURES = 6;

export interface PaceOptions {
  /** Told when the work begins or ends to wait for the network. */
  readonly onOffline: (waiting: boolean) => void;
  /** Milliseconds to wait after the given number of failures in a row (from 1). */
  readonly retryDelay?: (failures: number) => number;
}

function backOff(failures: number): number {
  return Math.min(500 * 2 ** (failures - 1), 20_000) * (0.75 + Math.random() / 2);
}

function mayPass(problem: unknown): boolean {
  if (problem instanceof ApiProblem) return problem.isTemporary;
  if (!(problem instanceof TransferError)) return false;
  // 403 is a link that has expired: the next try signs a fresh one.
  return problem.status === 0 || problem.status >= 500 || [403, 408, 429].includes(problem.status);
}

/** Decides when work on one file may go on: not while it is paused or offline, and later again after a failure. */
export class Pace {
  readonly #options: PaceOptions;
  #attempt = new AbortController();
  #isCancelled = false;
  #pause: { promise: Promise<void>; end: () => void } | undefined;

  constructor(options: PaceOptions) {
    this.#options = options;
  }

  /** Aborted when the current attempt is over. */
  get signal(): AbortSignal {
    return this.#attempt.signal;
  }

  get isPaused(): boolean {
    return this.#pause !== undefined;
  }

  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  /** Begins an attempt, unless everything has been cancelled. */
  begin(): void {
    if (!this.#isCancelled) this.#attempt = new AbortController();
  }

  /** Ends the attempt; work of it that still runs stops. */
  end(reason: unknown): void {
    this.#attempt.abort(reason);
  }

  cancel(): void {
    this.#isCancelled = true;
    this.end(new DOMException("The upload was cancelled.", "AbortError"));
    this.resume();
  }

  pause(): void {
    if (this.#pause) return;
    let end = () => {};
    const promise = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#pause = { promise, end };
  }

  resume(): void {
    const pause = this.#pause;
    this.#pause = undefined;
    pause?.end();
  }

  /**
   * Does work, again where trying again can help. What fails while paused or offline does not count.
   *
   * @throws what the work threw last; the reason of the attempt's end when that came first.
   */
  async retrying<T>(work: () => Promise<T>): Promise<T> {
    for (let failures = 0; ; ) {
      await this.#ready();
      try {
        return await work();
      } catch (problem) {
        this.signal.throwIfAborted();
        if (!mayPass(problem)) throw problem;
        if (this.isPaused || !navigator.onLine) continue;
        failures += 1;
        if (failures > MAX_FAILURES) throw problem;
        await this.#wait(problem, failures);
      }
    }
  }

  async #wait(problem: unknown, failures: number): Promise<void> {
    const asked = problem instanceof ApiProblem ? problem.retryAfterSeconds : undefined;
    const delay = asked === undefined ? (this.#options.retryDelay ?? backOff)(failures) : asked * 1000;
    await sleep(delay, this.signal);
  }

  async #ready(): Promise<void> {
    for (;;) {
      this.signal.throwIfAborted();
      if (this.#pause) await this.#pause.promise;
      else if (!navigator.onLine) await this.#online();
      else return;
    }
  }

  async #online(): Promise<void> {
    this.#options.onOffline(true);
    await untilOnline(this.signal);
    this.#options.onOffline(false);
  }
}
