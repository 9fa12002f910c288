/** Lines with their prices, lines of one's own, and the sum. */
import type { CostItem } from '#contract/cost.ts';
import type { CostConfig } from '../config/schema-cost.ts';
import type { Line } from './lines.ts';
import { pricesFor, type PriceSources } from './price-book.ts';
import { PRICE_KEYS, type PriceKey } from './price-keys.ts';
import { tieredCost, type Price } from './price-tiers.ts';
import type { MonthlyTraffic } from './traffic.ts';

/** An item, and what the shares of routes and retries are made from. */
export interface BillItem extends CostItem, Pick<Line, 'drivenBy' | 'retried'> {}

export interface Bill {
  readonly items: readonly BillItem[];
  readonly monthly: number;
  /** ISO 8601 date. */
  readonly pricesAsOf: string;
  /** One sentence each: of prices that could not be checked. */
  readonly assumptions: readonly string[];
}

/** Throws a `CostError` when a price is missing. */
export function billOf(lines: readonly Line[], own: readonly BillItem[], sources: PriceSources): Bill {
  const keys = lines.map(({ key }) => key);
  const prices = pricesFor(keys, sources);
  // Several lines may share one price: a tier that one has used up is not there for the next.
  const used = new Map<PriceKey, number>();
  const priced = lines.map((line): BillItem => {
    const price = prices.get(line.key) as Price;
    const from = used.get(line.key) ?? 0;
    used.set(line.key, from + line.quantity);
    return itemOf(line, price, from);
  });
  const items = [...priced, ...own];
  const taken = [...prices.values()];
  return {
    items,
    monthly: micros(items.reduce((sum, { monthly }) => sum + monthly, 0)),
    pricesAsOf: taken.reduce((oldest, { asOf }) => (asOf < oldest ? asOf : oldest), sources.today),
    assumptions: doubts(prices),
  };
}

function itemOf(line: Line, price: Price, from: number): BillItem {
  const { unit, free } = PRICE_KEYS[line.key];
  const monthly = micros(tieredCost(from + line.quantity, price.tiers, free) - tieredCost(from, price.tiers, free));
  const first = price.tiers[0]?.price ?? 0;
  const tiered = price.tiers.length > 1 || free > 0;
  const average = tiered && line.quantity > 0;
  const notes = [
    ...(free > 0 ? [`the first ${free.toLocaleString('en-US')} ${plural(unit)} of a month are free`] : []),
    ...(average ? [`on average of the tiers, which begin at ${first}`] : []),
    `${price.verified ? 'price' : 'unverified price'} of ${price.asOf} (${price.source})`,
  ];
  return {
    name: line.name,
    quantity: line.quantity,
    unit,
    unitPrice: average ? monthly / line.quantity : first,
    monthly,
    basis: `${line.basis}; ${notes.join('; ')}.`,
    drivenBy: line.drivenBy,
    retried: line.retried,
  };
}

function plural(unit: string): string {
  return unit === '10,000 requests' ? 'times 10,000 requests' : unit;
}

function doubts(prices: ReadonlyMap<PriceKey, Price>): string[] {
  return [...prices]
    .filter(([, { verified }]) => !verified)
    .map(([key, { source }]) => `The price of ${PRICE_KEYS[key].what} could not be checked: ${source}.`);
}

const PER = {
  month: { of: () => 1, drivenBy: 'time', what: 'a month' },
  task: { of: (_: MonthlyTraffic, tasks: number) => tasks, drivenBy: 'time', what: 'each task' },
  'million-requests': {
    of: (traffic: MonthlyTraffic) => (traffic.requests ?? 0) / 1e6,
    drivenBy: 'requests',
    what: 'a million requests',
  },
  'gb-in': { of: (traffic: MonthlyTraffic) => traffic.gbIn, drivenBy: 'bytes', what: 'a GB from clients' },
  'gb-out': { of: (traffic: MonthlyTraffic) => traffic.gbOut, drivenBy: 'bytes', what: 'a GB to clients' },
} as const satisfies Record<CostConfig['items'][number]['per'], unknown>;

/** The lines that the configuration adds. */
export function ownItems(items: CostConfig['items'], traffic: MonthlyTraffic, tasks: number): BillItem[] {
  return items.map(({ name, price, quantity, unit, per }) => {
    const { of, drivenBy, what } = PER[per];
    const amount = quantity * of(traffic, tasks);
    const measured = drivenBy === 'time' ? '' : `; ${traffic.basis}`;
    return {
      name,
      quantity: amount,
      unit,
      unitPrice: price,
      monthly: micros(amount * price),
      basis: `${quantity} ${unit} for ${what}, quantity and price from \`cost.items\`${measured}.`,
      drivenBy,
      retried: 0,
    };
  });
}

/** To a millionth of the currency, so that sums are what they seem. */
export function micros(amount: number): number {
  return Math.round(amount * 1e6) / 1e6;
}
