/** As much of the browser's locks as uploads and the session use; happy-dom has none. */
export class FakeLocks {
  readonly #held = new Map<string, Promise<unknown>>();

  async request<T>(name: string, ...rest: unknown[]): Promise<T> {
    const work = rest.at(-1) as (lock: unknown) => Promise<T>;
    const { ifAvailable = false } = (rest.length > 1 ? rest[0] : {}) as LockOptions;
    if (ifAvailable && this.#held.has(name)) return work(null);
    while (this.#held.has(name)) await this.#held.get(name);
    const running = Promise.resolve().then(() => work({ name }));
    this.#held.set(
      name,
      running.then(
        () => this.#held.delete(name),
        () => this.#held.delete(name),
      ),
    );
    return running;
  }

  async query(): Promise<LockManagerSnapshot> {
    return { held: [...this.#held.keys()].map((name) => ({ name })), pending: [] };
  }
}
