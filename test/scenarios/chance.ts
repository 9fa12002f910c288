/** Draws of the kinds that a scenario is made of. */
export class Chance {
  readonly random: () => number;

  constructor(random: () => number) {
    this.random = random;
  }

  true(share: number): boolean {
    return this.random() < share;
  }

  /** 0 to `limit` - 1. */
  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  /** Whole, both ends included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** Evenly over orders of magnitude, to three digits or so. */
  log(least: number, most: number): number {
    const value = least * (most / least) ** this.random();
    return Number(value.toPrecision(3));
  }

  oneOf<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  weighted<T>(choices: readonly (readonly [value: T, weight: number])[]): T {
    let mark = this.random() * choices.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [value, weight] of choices) {
      mark -= weight;
      if (mark < 0) return value;
    }
    return choices.at(-1)![0];
  }
}
