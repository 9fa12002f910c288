/** What the AWS Price List says of a product, in the two forms in which it comes: one by one from its API, or a whole file. */
import { z } from 'zod';
import type { Tier } from '../price-tiers.ts';

export interface Offer {
  readonly attributes: Readonly<Record<string, string>>;
  /** USD for a unit, ascending. */
  readonly tiers: readonly Tier[];
  readonly unit: string;
  /** ISO 8601 date from which the price holds. */
  readonly asOf: string;
}

const dimension = z.object({
  unit: z.string(),
  beginRange: z.string().optional(),
  endRange: z.string().optional(),
  pricePerUnit: z.record(z.string(), z.string()),
});
const term = z.object({ effectiveDate: z.string(), priceDimensions: z.record(z.string(), dimension) });
const terms = z.record(z.string(), term);
const product = z.object({ attributes: z.record(z.string(), z.string()) });

/** An entry of `GetProducts`: a product with its terms. */
const listed = z.object({ product, terms: z.object({ OnDemand: terms.optional() }) });

/** Null when the text is no product, or has no price on demand in USD. */
export function offerOf(text: string): Offer | null {
  const read = listed.safeParse(parsed(text));
  if (!read.success) return null;
  return toOffer(read.data.product.attributes, Object.values(read.data.terms.OnDemand ?? {}));
}

/** A file of one service: products and terms apart, joined by their SKU. */
const offerFile = z.object({
  products: z.record(z.string(), z.object({ attributes: z.record(z.string(), z.string()) })),
  terms: z.object({ OnDemand: z.record(z.string(), terms).optional() }),
});

/** Null when the text is no such file. */
export function offersOf(text: string): Offer[] | null {
  const read = offerFile.safeParse(parsed(text));
  if (!read.success) return null;
  const onDemand = read.data.terms.OnDemand ?? {};
  return Object.entries(read.data.products)
    .map(([sku, { attributes }]) => toOffer(attributes, Object.values(onDemand[sku] ?? {})))
    .filter((offer) => offer !== null);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function toOffer(attributes: Record<string, string>, found: z.output<typeof term>[]): Offer | null {
  // Of several terms the youngest holds.
  const latest = found.toSorted((a, b) => (a.effectiveDate < b.effectiveDate ? 1 : -1))[0];
  if (latest === undefined) return null;
  const dimensions = Object.values(latest.priceDimensions).toSorted(
    (a, b) => number(a.beginRange) - number(b.beginRange),
  );
  const tiers = dimensions.map(({ endRange, pricePerUnit }) => ({
    upTo: endRange === undefined || endRange === 'Inf' ? Infinity : Number(endRange),
    price: Number(pricePerUnit.USD),
  }));
  const sound = tiers.every(({ upTo, price }) => upTo > 0 && price >= 0 && price < Infinity);
  const unit = dimensions[0]?.unit;
  if (!sound || unit === undefined || tiers.at(-1)?.upTo !== Infinity) return null;
  return { attributes, tiers, unit, asOf: latest.effectiveDate.slice(0, 10) };
}

function number(text: string | undefined): number {
  return text === undefined ? 0 : Number(text);
}
