/**
 * `edgebalancer cost refresh`: asks AWS for today's prices of a region, through the Price List API where the environment has
 * credentials, else from the public price files. What cannot be found, is ambiguous, or is too far from what is known keeps
 * its old price, and the result says so: a wrong price is worse than an old one.
 */
import type { Environment } from '../config/environment.ts';
import { CostError } from './cost-error.ts';
import { productsOf } from './price-list/api.ts';
import { awsCredentials } from './../aws/credentials.ts';
import type { Offer } from './price-list/offers.ts';
import { PublicFiles } from './price-list/public-files.ts';
import { edgeQueries, regionalQueries, type PriceQuery, type Wanted } from './price-list/queries.ts';
import { viewersNear } from './price-book.ts';
import { REGION_PRICE_KEYS, type PriceKey } from './price-keys.ts';
import { EDGE_PRICES, PRICE_TABLE, type Viewers } from './price-table.ts';
import type { Price, Tier } from './price-tiers.ts';
import type { PartialPrices } from './prices-file.ts';

export interface RefreshOptions {
  readonly region: string;
  /** Whose CloudFront prices; near the region when left out. */
  readonly viewers?: Viewers;
  readonly env: Environment;
  readonly nowMs: () => number;
  readonly fetch?: typeof fetch;
  /** True: the public files, whatever credentials there are. */
  readonly publicOnly?: boolean;
  /** For tests: servers of this machine. */
  readonly endpoints?: { readonly api?: string; readonly files?: string };
}

export interface Refreshed {
  readonly region: string;
  readonly viewers: Viewers;
  readonly via: 'api' | 'public files';
  readonly refreshedAt: string;
  readonly regional: PartialPrices;
  readonly edge: PartialPrices;
  /** What keeps its old price, and why. */
  readonly left: readonly { readonly key: PriceKey; readonly why: string }[];
}

/** How far a price may be from what the table says, either way, before it is taken for another product's. */
const APART_MAX = 5;

/** Rejects with a `CostError` when nothing could be had. */
export async function refreshPrices(options: RefreshOptions): Promise<Refreshed> {
  const { region, env, nowMs, endpoints = {} } = options;
  const request = options.fetch ?? fetch;
  if (!/^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/.test(region))
    throw new CostError('region', `\`${region}\` is not the name of a region; one is \`eu-central-1\`.`);
  const viewers = options.viewers ?? viewersNear(region);
  const credentials = options.publicOnly === true ? null : await awsCredentials(env, request);
  const via = credentials === null ? 'public files' : 'api';
  const files = new PublicFiles({
    fetch: request,
    ...(endpoints.files === undefined ? {} : { base: endpoints.files }),
  });
  const products = (query: PriceQuery): Promise<Offer[]> =>
    credentials === null
      ? files.productsOf(query)
      : productsOf(query, {
          credentials,
          fetch: request,
          nowMs,
          ...(endpoints.api === undefined ? {} : { endpoint: endpoints.api }),
        });
  const left: { key: PriceKey; why: string }[] = [];
  const read = async (queries: readonly PriceQuery[]): Promise<PartialPrices> => {
    const found: Partial<Record<PriceKey, Price>> = {};
    for (const query of queries) {
      for (const { key, result } of await answered(query, products, via === 'public files')) {
        const judged = typeof result === 'string' ? result : judge(key, result, region, viewers);
        if (typeof judged === 'string') left.push({ key, why: judged });
        else found[key] = judged;
      }
    }
    return found;
  };
  const regional = await read(regionalQueries(region));
  const edge = await read(edgeQueries(viewers));
  if (Object.keys(regional).length === 0)
    throw new CostError(
      'region',
      `AWS has no prices for \`${region}\`: ${left[0]?.why ?? 'it is not known there'}. Nothing was changed.`,
    );
  return { region, viewers, via, refreshedAt: new Date(nowMs()).toISOString(), regional, edge, left };
}

interface Answered {
  readonly key: PriceKey;
  /** A price, or why there is none. */
  readonly result: Price | string;
}

async function answered(
  query: PriceQuery,
  products: (query: PriceQuery) => Promise<Offer[]>,
  fromFiles: boolean,
): Promise<Answered[]> {
  if (fromFiles && !query.inPublicFile)
    return query.wanted.map(({ key }) => ({
      key,
      result: `the public file of ${query.service} is hundreds of MB; with AWS credentials it is asked for alone`,
    }));
  let offers: Offer[];
  try {
    offers = await products(query);
  } catch (error) {
    // What one service lacks, another may have; an address that does not answer does not answer for any.
    if (!(error instanceof CostError) || error.field !== 'service') throw error;
    return query.wanted.map(({ key }) => ({ key, result: error.message }));
  }
  return query.wanted.map((wanted) => ({ key: wanted.key, result: chosen(wanted, offers, query.service) }));
}

function chosen(
  { key, usageType, scale, attributes = {} }: Wanted,
  offers: readonly Offer[],
  service: string,
): Price | string {
  const fitting = offers.filter(
    (offer) =>
      usageType.test(offer.attributes.usagetype ?? '') &&
      Object.entries(attributes).every(([name, value]) => (offer.attributes[name] ?? value) === value),
  );
  const prices = new Map(fitting.map((offer) => [JSON.stringify(offer.tiers), offer]));
  const [offer] = prices.values();
  if (offer === undefined) return `${service} has no such product there`;
  if (prices.size > 1) return `${service} has ${prices.size} prices for ${key}, and it cannot be told which is meant`;
  const tiers = offer.tiers.map(({ upTo, price }) => ({ upTo: upTo / scale, price: price * scale }));
  return { tiers: paid(tiers), asOf: offer.asOf, source: `AWS Price List, ${service}`, verified: true };
}

/** Free first tiers are a free allowance (price-keys.ts), which must not be counted twice. */
function paid(tiers: readonly Tier[]): readonly Tier[] {
  const first = tiers.findIndex(({ price }) => price > 0);
  return first <= 0 ? tiers : tiers.slice(first);
}

/** The price, or why it is not believed. */
function judge(key: PriceKey, price: Price, region: string, viewers: Viewers): Price | string {
  const table = PRICE_TABLE.find((one) => one.region === region) ?? PRICE_TABLE[0];
  const known = EDGE_PRICES[viewers][key] ?? table?.prices[key];
  const [now, before] = [price.tiers[0]?.price ?? 0, known?.tiers[0]?.price ?? 0];
  if (known === undefined || before === 0) return price;
  if (now > 0 && now <= before * APART_MAX && now >= before / APART_MAX) return price;
  return `AWS says ${now}, which is so far from ${before} that it may be another product's; if it is right, give it as cost.prices.${key}`;
}

/** Prices that an estimate may need and that neither the table nor this refresh has. */
export function stillMissing({ region, regional, edge }: Refreshed): readonly PriceKey[] {
  const table = PRICE_TABLE.find((one) => one.region === region)?.prices ?? {};
  return REGION_PRICE_KEYS.filter(
    (key) =>
      regional[key] === undefined &&
      edge[key] === undefined &&
      table[key] === undefined &&
      EDGE_PRICES.us[key] === undefined,
  );
}
