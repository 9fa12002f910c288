/** How long a receiver must rest so that it takes no more than its pace allows. */
export class Pace {
  readonly #bytesPerSecond: number;
  readonly #begunMs = performance.now();
  #bytes = 0;

  constructor(bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** Milliseconds to rest after taking this many bytes; below 1: none. */
  take(bytes: number): number {
    this.#bytes += bytes;
    return (this.#bytes / this.#bytesPerSecond) * 1000 - (performance.now() - this.#begunMs);
  }
}
