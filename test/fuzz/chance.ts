/**
 * Seeded chance (xoroshiro64**, Blackman and Vigna): each sequence has a stream of its own, made from the run's seed and
 * the sequence's index, so that one sequence can be had again without those before it.
 */
export class Chance {
  #a = 1;
  #b = 0;

  begin(seed: number, index: number): void {
    this.#a = mixed(seed ^ Math.imul(index, 0x9e3779b1)) | 1;
    this.#b = mixed(index ^ Math.imul(seed, 0x85ebca6b));
    this.bits();
  }

  /** 32 bits, 0 or more. */
  bits(): number {
    const a = this.#a;
    const b = this.#b ^ a;
    const product = Math.imul(a, 0x9e3779bb);
    this.#a = ((a << 26) | (a >>> 6)) ^ b ^ (b << 9);
    this.#b = (b << 13) | (b >>> 19);
    return Math.imul((product << 5) | (product >>> 27), 5) >>> 0;
  }

  /** 0 to `count` - 1. */
  below(count: number): number {
    return Math.floor((this.bits() / 0x100000000) * count);
  }

  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}

/** The finisher of MurmurHash3: neighbouring numbers come out far apart. */
function mixed(value: number): number {
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return value ^ (value >>> 16);
}
