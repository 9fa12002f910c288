import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { flat, type Price } from './price-tiers.ts';
import { readPricesFile, writePricesFile } from './prices-file.ts';

async function directory(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'prices-'));
  t.after(() => rm(dir, { recursive: true }));
  return join(dir, 'state');
}
const price = (value: number): Price => ({
  tiers: [{ upTo: 10, price: value }, ...flat(value / 2)],
  asOf: '2026-11-01',
  source: 'AWS Price List, AWSELB',
  verified: true,
});
const found = (region: string, value: number) =>
  ({
    region,
    viewers: 'europe',
    refreshedAt: '2026-11-25T00:00:00.000Z',
    regional: { albHour: price(value) },
    edge: { cloudfrontOutGb: price(value * 2) },
  }) as const;

test('what is written is read, and other regions stay', async (t) => {
  const dir = await directory(t);
  assert.deepEqual(await readPricesFile(dir, 'eu-west-1', 'europe'), { prices: {}, problem: null });
  await writePricesFile(dir, found('eu-west-1', 1));
  const path = await writePricesFile(dir, found('eu-central-1', 2));
  assert.equal(path, join(dir, 'prices.json'));
  assert.deepEqual((await readPricesFile(dir, 'eu-west-1', 'europe')).prices, {
    albHour: price(1),
    cloudfrontOutGb: price(4),
  });
  assert.deepEqual((await readPricesFile(dir, 'eu-central-1', 'us')).prices, { albHour: price(2) });
  assert.deepEqual(await readdir(dir), ['prices.json']);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
});

test('a file that is none is left aside, said, and replaced by the next refresh', async (t) => {
  const dir = await directory(t);
  const path = await writePricesFile(dir, found('eu-west-1', 1));
  const sound = JSON.parse(await readFile(path, 'utf8')) as { regions: Record<string, { prices: object }> };
  const odd = [
    '{',
    '[]',
    '{"format":2,"regions":{},"edges":{}}',
    JSON.stringify({ ...sound, format: 7 }),
    JSON.stringify({ ...sound, regions: { 'eu-west-1': { refreshedAt: '', prices: { albHour: { tiers: [] } } } } }),
  ];
  for (const text of odd) {
    await writeFile(path, text);
    const { prices, problem } = await readPricesFile(dir, 'eu-west-1', 'europe');
    assert.deepEqual(prices, {});
    assert.match(problem ?? '', /prices\.json cannot be read as prices and is left aside/);
  }
  await writePricesFile(dir, found('eu-west-1', 3));
  assert.equal((await readPricesFile(dir, 'eu-west-1', 'europe')).prices.albHour?.tiers[0]?.price, 3);
});

test('a price that this version does not know is passed over', async (t) => {
  const dir = await directory(t);
  const path = await writePricesFile(dir, found('eu-west-1', 1));
  const text = (await readFile(path, 'utf8')).replace('"albHour"', '"toString"');
  await writeFile(path, text);
  assert.deepEqual(await readPricesFile(dir, 'eu-west-1', 'us'), { prices: {}, problem: null });
});
