/** How much of the recent past counts, in milliseconds. */
const WINDOW_MILLISECONDS = 6000;
/** Before this much has been seen, a speed would be a guess, in milliseconds. */
const NEEDED_MILLISECONDS = 800;

/** The speed of a transfer over the last seconds. */
export class SpeedMeter {
  #samples: { time: number; bytes: number }[] = [];

  /**
   * @param time milliseconds on any clock that only runs forward.
   * @param bytes sent so far.
   */
  add(time: number, bytes: number): void {
    this.#samples.push({ time, bytes });
    const firstKept = this.#samples.findIndex((sample) => time - sample.time <= WINDOW_MILLISECONDS);
    this.#samples = this.#samples.slice(firstKept);
  }

  /** Forgets the past: after a pause it says nothing about the speed. */
  reset(): void {
    this.#samples = [];
  }

  /** Bytes per second; undefined while too little is known, or nothing moves. */
  get bytesPerSecond(): number | undefined {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || last.time - first.time < NEEDED_MILLISECONDS) return undefined;
    const speed = ((last.bytes - first.bytes) * 1000) / (last.time - first.time);
    return speed > 0 ? speed : undefined;
  }
}
