/** Prices that fall as the month's amount grows. */

/** In the price's unit; the last tier has no end (Infinity). */
export interface Tier {
  readonly upTo: number;
  readonly price: number;
}

export interface Price {
  /** Ascending. One tier for most. */
  readonly tiers: readonly Tier[];
  /** ISO 8601 date: when it was said. */
  readonly asOf: string;
  /** Where it was said, in a few words or as a URL. */
  readonly source: string;
  /** False: it could not be checked against its source; `source` says where it comes from. */
  readonly verified: boolean;
}

export function flat(price: number): readonly Tier[] {
  return [{ upTo: Infinity, price }];
}

/** What a month's `quantity` costs when its first `free` units cost nothing. Continuous and never falling in `quantity`. */
export function tieredCost(quantity: number, tiers: readonly Tier[], free = 0): number {
  return sumTo(quantity, tiers) - sumTo(Math.min(quantity, free), tiers);
}

/** As AWS does, free units are taken from the first tiers, which then end where they always do. */
function sumTo(quantity: number, tiers: readonly Tier[]): number {
  let sum = 0;
  let from = 0;
  for (const { upTo, price } of tiers) {
    if (quantity <= from) break;
    sum += (Math.min(quantity, upTo) - from) * price;
    from = upTo;
  }
  return sum;
}
