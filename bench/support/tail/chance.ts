/** A generator of 32-bit numbers with a 32-bit state (mulberry32): enough for load, and the same on every machine. */
export class Chance {
  #state: number;

  constructor(...seeds: readonly number[]) {
    let state = 0x9e3779b9;
    for (const seed of seeds) state = mix(state ^ Math.imul(seed + 1, 0x85ebca6b));
    this.#state = state;
  }

  /** Uniform in (0, 1). */
  unit(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 4294967296 + 2 ** -33;
  }

  exponential(mean: number): number {
    return -mean * Math.log(this.unit());
  }

  /** Log-normal with the mean given; `sigma` is that of the logarithm. */
  logNormal(mean: number, sigma: number): number {
    const normal = Math.sqrt(-2 * Math.log(this.unit())) * Math.cos(2 * Math.PI * this.unit());
    return mean * Math.exp(sigma * normal - (sigma * sigma) / 2);
  }
}

function mix(value: number): number {
  let z = value | 0;
  z = Math.imul(z ^ (z >>> 16), 0x7feb352d);
  z = Math.imul(z ^ (z >>> 15), 0x846ca68b);
  return z ^ (z >>> 16);
}
