import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pricesFor, viewersNear } from './price-book.ts';
import { CostError } from './cost-error.ts';
import { PRICE_KEYS, REGION_PRICE_KEYS } from './price-keys.ts';
import { EDGE_PRICES, KNOWN_REGIONS, PRICE_TABLE } from './price-table.ts';
import { flat, type Price } from './price-tiers.ts';

const sources = (region: string) => ({
  region,
  viewers: viewersNear(region),
  own: {},
  refreshed: {},
  today: '2026-11-25',
});

test('every region has every price, with its day and source', () => {
  assert.deepEqual(KNOWN_REGIONS, ['us-east-1', 'us-west-2', 'eu-west-1', 'eu-central-1', 'ap-southeast-1']);
  for (const region of KNOWN_REGIONS) {
    const prices = pricesFor(REGION_PRICE_KEYS, sources(region));
    assert.equal(prices.size, REGION_PRICE_KEYS.length);
    for (const [key, { tiers, asOf, source }] of prices) {
      const place = `${region} ${key}`;
      assert.ok(tiers.length > 0 && tiers.at(-1)?.upTo === Infinity, place);
      tiers.forEach(({ upTo, price }, at) => {
        assert.ok(price > 0 && price < 1, `${place} ${price}`);
        assert.ok(upTo > (tiers[at - 1]?.upTo ?? 0), place);
        assert.ok(price <= (tiers[at - 1]?.price ?? Infinity), `${place} rises`);
      });
      assert.match(asOf, /^20\d\d-\d\d-\d\d$/, place);
      assert.ok(!Number.isNaN(Date.parse(asOf)), place);
      assert.match(source, /https:\/\/aws\.amazon\.com\/|AWS Price List/, place);
    }
  }
});

test('ARM is cheaper than x86, and no region is out of all proportion', () => {
  for (const { region, prices } of PRICE_TABLE) {
    const first = (key: keyof typeof prices): number => prices[key]?.tiers[0]?.price ?? NaN;
    assert.ok(first('fargateArmVcpuHour') < first('fargateVcpuHour'), region);
    assert.ok(first('fargateArmGbHour') < first('fargateGbHour'), region);
    for (const key of REGION_PRICE_KEYS.filter((one) => prices[one] !== undefined)) {
      const ratio = first(key) / (PRICE_TABLE[0]?.prices[key]?.tiers[0]?.price ?? NaN);
      assert.ok(ratio >= 0.8 && ratio <= 2, `${region} ${key} ${ratio}`);
    }
  }
});

test('own prices win over refreshed ones, and those over the table', () => {
  const refreshed: Price = { tiers: flat(0.03), asOf: '2026-11-24', source: 'AWS Price List, AWSELB', verified: true };
  const of = (own: object, found: object): Price | undefined =>
    pricesFor(['albHour'], { ...sources('us-east-1'), own, refreshed: found }).get('albHour');
  assert.equal(of({}, {})?.tiers[0]?.price, 0.0225);
  assert.equal(of({}, { albHour: refreshed }), refreshed);
  assert.deepEqual(of({ albHour: 0 }, { albHour: refreshed }), {
    tiers: flat(0),
    asOf: '2026-11-25',
    source: 'cost.prices.albHour of the configuration',
    verified: true,
  });
});

test('a region that is not known is an error that says what would do', () => {
  const refused = (region: string, own: object): CostError => {
    try {
      pricesFor(['albHour', 'logsGb'], { ...sources(region), own });
    } catch (error) {
      assert.ok(error instanceof CostError);
      return error;
    }
    return assert.fail('accepted');
  };
  const error = refused('eu-centrall-1', { albHour: 0.1 });
  assert.equal(error.field, 'region');
  assert.equal(
    error.message,
    'The region `eu-centrall-1` is not in the price table, which has us-east-1, us-west-2, eu-west-1, eu-central-1, ap-southeast-1. Did you mean `eu-central-1`? ' +
      'For another, run `edgebalancer cost refresh --region eu-centrall-1`, or give prices of your own under cost.prices: logsGb.',
  );
  assert.equal(pricesFor(['albHour'], { ...sources('xx-nowhere-1'), own: { albHour: 1 } }).size, 1);
});

test('viewers are near the region', () => {
  assert.deepEqual(
    ['us-west-2', 'eu-central-1', 'eu-south-2', 'ap-southeast-1', 'ap-northeast-1', 'sa-east-1'].map(viewersNear),
    ['us', 'europe', 'europe', 'asia', 'asia', 'us'],
  );
  assert.deepEqual(Object.keys(EDGE_PRICES), ['us', 'europe', 'asia']);
  assert.equal(PRICE_KEYS.cloudfrontOutGb.free, 1024);
});
