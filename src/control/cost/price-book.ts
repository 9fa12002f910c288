/**
 * Which price is taken. The configuration's own win over those of the last refresh, which win over the table. A price that
 * is nowhere is an error that names it: an estimate with a silent zero in it is worse than none.
 */
import { nearest } from '../config/nearest.ts';
import { shorten } from '../config/quantities.ts';
import { CostError } from './cost-error.ts';
import { PRICE_KEYS, type PriceKey } from './price-keys.ts';
import { EDGE_PRICES, KNOWN_REGIONS, PRICE_TABLE, type Viewers } from './price-table.ts';
import { flat, type Price } from './price-tiers.ts';

export interface PriceSources {
  readonly region: string;
  readonly viewers: Viewers;
  readonly own: Readonly<Partial<Record<PriceKey, number | undefined>>>;
  /** What a refresh found for this region, CloudFront's prices for these viewers among them. */
  readonly refreshed: Readonly<Partial<Record<PriceKey, Price>>>;
  /** ISO 8601 date, for prices that the configuration gives. */
  readonly today: string;
}

/** Prices for `keys`. Throws a `CostError` when there is none for one of them. */
export function pricesFor<K extends PriceKey>(keys: readonly K[], sources: PriceSources): ReadonlyMap<K, Price> {
  const found = new Map<K, Price>();
  const missing: K[] = [];
  for (const key of new Set(keys)) {
    const price = priceOf(key, sources);
    if (price === null) missing.push(key);
    else found.set(key, price);
  }
  if (missing.length > 0) throw missingPrices(missing, sources.region);
  return found;
}

function priceOf(key: PriceKey, { region, viewers, own, refreshed, today }: PriceSources): Price | null {
  const given = own[key];
  if (given !== undefined)
    return { tiers: flat(given), asOf: today, source: `cost.prices.${key} of the configuration`, verified: true };
  const table = PRICE_TABLE.find((one) => one.region === region)?.prices;
  return refreshed[key] ?? EDGE_PRICES[viewers][key] ?? table?.[key] ?? null;
}

function missingPrices(missing: readonly PriceKey[], region: string): CostError {
  if (missing.every((key) => key === 'instanceHour'))
    return new CostError(
      'prices',
      'On aws-ec2 the instance decides the price: give it as cost.prices.instanceHour, in USD for an hour.',
    );
  if (KNOWN_REGIONS.includes(region)) {
    const wanted = missing.map((key) => `${key} (${PRICE_KEYS[key].what})`).join(', ');
    return new CostError('prices', `There is no price for ${wanted}: give it under cost.prices.`);
  }
  const near = nearest(region, KNOWN_REGIONS);
  const name = shorten(region, 40);
  return new CostError(
    'region',
    `The region \`${name}\` is not in the price table, which has ${KNOWN_REGIONS.join(', ')}.${near === null ? '' : ` Did you mean \`${near}\`?`} ` +
      `For another, run \`edgebalancer cost refresh --region ${name}\`, or give prices of your own under cost.prices: ${missing.join(', ')}.`,
  );
}

/** CloudFront's group of edge locations that is nearest to a region. */
export function viewersNear(region: string): Viewers {
  const known = PRICE_TABLE.find((one) => one.region === region)?.viewers;
  if (known !== undefined) return known;
  if (region.startsWith('eu-')) return 'europe';
  return region.startsWith('ap-') ? 'asia' : 'us';
}
