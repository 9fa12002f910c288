/**
 * `STATE/prices.json`: what `edgebalancer cost refresh` found, by region. It wins over the table. Written beside and renamed
 * into place, so that whoever reads finds the old or the new file, whole.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { makePrivateDirectory, replaceFile } from '../files/replace-file.ts';
import { PRICE_KEY_NAMES, PRICE_KEYS, type PriceKey } from './price-keys.ts';
import type { Viewers } from './price-table.ts';
import type { Price } from './price-tiers.ts';

const FILE = 'prices.json';
/** A price for every key of every region of AWS takes a tenth of it. */
const FILE_BYTES_MAX = 4 * 1024 * 1024;

const date = z.string().regex(/^\d{4}-\d\d-\d\d$/);
const price = z.strictObject({
  /** `upTo` null: without an end, for which JSON has no number. */
  tiers: z
    .array(z.strictObject({ upTo: z.number().positive().nullable(), price: z.number().min(0) }))
    .min(1)
    .max(50),
  asOf: date,
  source: z.string().min(1).max(500),
});
const prices = z.record(z.string(), price);
const file = z.strictObject({
  format: z.literal(1),
  regions: z.record(z.string(), z.strictObject({ refreshedAt: z.string(), prices })),
  /** CloudFront's, by where the viewers are. */
  edges: z.record(z.string(), z.strictObject({ refreshedAt: z.string(), prices })),
});

type PricesFile = z.output<typeof file>;

export type PartialPrices = Readonly<Partial<Record<PriceKey, Price>>>;

export interface FoundPrices {
  readonly prices: PartialPrices;
  /** One sentence when there is a file that cannot be used. */
  readonly problem: string | null;
}

/** Prices for a region and its viewers; none when there is no file. Never rejects. */
export async function readPricesFile(dir: string | null, region: string, viewers: Viewers): Promise<FoundPrices> {
  if (dir === null) return { prices: {}, problem: null };
  const path = join(dir, FILE);
  try {
    const read = await load(path);
    if (read === null) return { prices: {}, problem: null };
    return {
      prices: { ...known(read.edges[viewers]?.prices), ...known(read.regions[region]?.prices) },
      problem: null,
    };
  } catch {
    return {
      prices: {},
      problem: `${path} cannot be read as prices and is left aside; \`edgebalancer cost refresh\` writes it anew.`,
    };
  }
}

export interface RefreshedPrices {
  readonly region: string;
  readonly viewers: Viewers;
  /** ISO 8601. */
  readonly refreshedAt: string;
  readonly regional: PartialPrices;
  readonly edge: PartialPrices;
}

/** Adds to what the file has of other regions. Resolves with its path once the disk has it. */
export async function writePricesFile(dir: string, found: RefreshedPrices): Promise<string> {
  await makePrivateDirectory(dir);
  const path = join(dir, FILE);
  // What cannot be read is replaced: it serves nobody.
  const before = await load(path).catch(() => null);
  const { region, viewers, refreshedAt, regional, edge } = found;
  const after: PricesFile = {
    format: 1,
    regions: { ...before?.regions, [region]: { refreshedAt, prices: written(regional) } },
    edges: { ...before?.edges, [viewers]: { refreshedAt, prices: written(edge) } },
  };
  await replaceFile(path, `${JSON.stringify(after, null, 2)}\n`);
  return path;
}

async function load(path: string): Promise<PricesFile | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  if (text.length > FILE_BYTES_MAX) throw new Error('too large');
  return file.parse(JSON.parse(text));
}

/** A file of another version may have prices that this one does not know. */
function known(read: PricesFile['regions'][string]['prices'] | undefined): PartialPrices {
  const found: Partial<Record<PriceKey, Price>> = {};
  for (const key of PRICE_KEY_NAMES) {
    const one = read !== undefined && Object.hasOwn(read, key) ? read[key] : undefined;
    if (one === undefined) continue;
    const tiers = one.tiers.map(({ upTo, price: amount }) => ({ upTo: upTo ?? Infinity, price: amount }));
    found[key] = { tiers, asOf: one.asOf, source: one.source, verified: true };
  }
  return found;
}

function written(found: PartialPrices): Record<string, z.output<typeof price>> {
  return Object.fromEntries(
    Object.entries(found)
      .filter(([key]) => Object.hasOwn(PRICE_KEYS, key))
      .map(([key, { tiers, asOf, source }]) => [
        key,
        {
          tiers: tiers.map(({ upTo, price: amount }) => ({ upTo: upTo === Infinity ? null : upTo, price: amount })),
          asOf,
          source,
        },
      ]),
  );
}
