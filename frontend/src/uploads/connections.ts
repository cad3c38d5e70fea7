/** Bounds how many transfers run at the same time, over all files; who asks first is served first. */
export class ConnectionPool {
  readonly #limit: number;
  #open = 0;
  readonly #waiting: (() => void)[] = [];

  /** @param limit transfers at a time, at least 1. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Runs a transfer as soon as a connection is free. */
  async run<T>(transfer: () => Promise<T>): Promise<T> {
    if (this.#open >= this.#limit) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#open += 1;
    try {
      return await transfer();
    } finally {
      this.#handOver();
    }
  }

  #handOver(): void {
    const next = this.#waiting.shift();
    // The connection stays counted: it goes to the next one without a gap.
    if (next) next();
    else this.#open -= 1;
  }
}
