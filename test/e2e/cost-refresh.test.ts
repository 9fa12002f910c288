/** `edgebalancer cost refresh` against a stand-in that speaks AWS's protocol. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { cost, costRefresh, type RefreshCommandOptions } from '../../src/cli/cost.ts';
import { CostError } from '../../src/control/cost/cost-error.ts';
import { refreshPrices } from '../../src/control/cost/refresh.ts';
import { priceListServer, type PriceListServer, type Product } from '../support/price-list.ts';

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const KEYS = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: SECRET };
const REGION = 'eu-central-1';

const one = (
  service: string,
  family: string,
  usagetype: string,
  usd: string,
  attributes: Record<string, string> = {},
): Product => ({
  service,
  family,
  attributes: { usagetype, regionCode: REGION, ...attributes },
  unit: 'Hrs',
  ranges: [['0', usd]],
});

const ALB = { operation: 'LoadBalancing:Application' };
const FAMILY = 'Load Balancer-Application';
const PRODUCTS: readonly Product[] = [
  one('AmazonECS', 'Compute', 'EUC1-Fargate-vCPU-Hours:perCPU', '0.0500000000'),
  one('AmazonECS', 'Compute', 'EUC1-Fargate-GB-Hours', '0.0060000000'),
  one('AmazonECS', 'Compute', 'EUC1-Fargate-ARM-vCPU-Hours:perCPU', '0.0400000000'),
  one('AmazonECS', 'Compute', 'EUC1-Fargate-ARM-GB-Hours', '0.0050000000'),
  one('AmazonECS', 'Compute', 'EUC1-Fargate-Windows-vCPU-Hours:perCPU', '9'),
  one('AmazonECS', 'Compute', 'EUC1-SpotUsage-Fargate-vCPU-Hours:perCPU', '0.01'),
  one('AWSELB', FAMILY, 'EUC1-LoadBalancerUsage', '0.03', ALB),
  one('AWSELB', FAMILY, 'EUC1-TS-LoadBalancerUsage', '0.0063', ALB),
  one('AWSELB', FAMILY, 'EUC1-Outposts-LoadBalancerUsage', '0.02', ALB),
  one('AWSELB', FAMILY, 'EUC1-LCUUsage', '0.009', ALB),
  one('AmazonEC2', 'NAT Gateway', 'EUC1-NatGateway-Hours', '0.06', { operation: 'NatGateway' }),
  one('AmazonEC2', 'NAT Gateway', 'EUC1-RegionalNatGateway-Hours', '0.07', { operation: 'RegionalNatGateway' }),
  // Twenty times what is known: not to be believed.
  one('AmazonEC2', 'NAT Gateway', 'EUC1-NatGateway-Bytes', '1.04', { operation: 'NatGateway' }),
  one('AmazonVPC', 'IP', 'EUC1-PublicIPv4:InUseAddress', '0.005'),
  // Two prices for one thing: which?
  one('AmazonCloudWatch', 'Data Payload', 'EUC1-DataProcessing-Bytes', '0.63', { operation: 'PutLogEvents' }),
  one('AmazonCloudWatch', 'Data Payload', 'EUC1-DataProcessing-Bytes', '0.30', {
    operation: 'PutLogEvents',
    group: 'x',
  }),
  one('AmazonElastiCache', 'Serverless', 'EUC1-CachedData:Valkey', '0.1'),
  one('AmazonElastiCache', 'Serverless', 'EUC1-ElastiCacheProcessingUnits:Valkey', '0.0000000028'),
  one('AWSDataTransfer', 'Data Transfer', 'EUC1-DataTransfer-Regional-Bytes', '0.01', {
    fromRegionCode: REGION,
    transferType: 'IntraRegion',
  }),
  {
    ...one('AWSDataTransfer', 'Data Transfer', 'EUC1-DataTransfer-Out-Bytes', '', {
      fromRegionCode: REGION,
      transferType: 'AWS Outbound',
    }),
    ranges: [
      ['0', '0.09'],
      ['10240', '0.085'],
      ['51200', '0.07'],
    ],
  },
  { ...one('AmazonCloudFront', 'Request', 'EU-Requests-Tier2-HTTPS', '0.0000011'), unit: 'Requests' },
  {
    ...one('AmazonCloudFront', 'Data Transfer', 'EU-DataTransfer-Out-Bytes', ''),
    ranges: [
      ['0', '0.08'],
      ['10240', '0.07'],
    ],
  },
];

async function setUp(t: TestContext, pageSize?: number): Promise<{ server: PriceListServer; dir: string }> {
  const server = await priceListServer(PRODUCTS, SECRET, pageSize);
  const dir = await mkdtemp(join(tmpdir(), 'refresh-'));
  t.after(async () => {
    await server.close();
    await rm(dir, { recursive: true });
  });
  return { server, dir };
}

async function command(
  { server, dir }: { server: PriceListServer; dir: string },
  options: RefreshCommandOptions,
  env: Record<string, string>,
): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const io = {
    stdout: (text: string) => void (out += text),
    stderr: (text: string) => void (err += text),
    env,
    cwd: dir,
  };
  const code = await costRefresh({ region: REGION, ...options }, io, { api: server.url, files: server.url });
  return { code, out, err };
}

async function estimate(dir: string): Promise<Record<string, number>> {
  let out = '';
  await writeFile(join(dir, 'eb.yaml'), 'pools: { app: { backends: ["http://a:1"] } }\nstate: { dir: state }\n');
  const io = { stdout: (text: string) => void (out += text), stderr: assert.fail, env: {}, cwd: dir };
  const question = { region: REGION, requests: 1e9, json: true, config: 'eb.yaml', admin: '' };
  assert.equal(await cost(question, io), 0);
  const { items } = JSON.parse(out) as { items: { name: string; unitPrice: number }[] };
  return Object.fromEntries(items.map(({ name, unitPrice }) => [name, unitPrice]));
}

describe('through the API', () => {
  test('prices are asked for page by page, kept, and win over the table', async (t) => {
    const places = await setUp(t);
    const { server, dir } = places;
    const before = await estimate(dir);
    const { code, out, err } = await command(places, { state: 'state' }, KEYS);
    assert.equal(code, 0, err);
    assert.match(out, /prices\.json: 14 prices of eu-central-1 from the AWS Price List API\n/);
    assert.deepEqual(server.asked.slice(0, 3), ['AmazonECS', 'AmazonECS 2', 'AmazonECS 4']);
    const after = await estimate(dir);
    assert.equal(before['ALB'], 0.027);
    assert.equal(after['ALB'], 0.03);
    assert.equal(after['NAT gateways'], 0.06);
    // Free amounts stay: 90,000 of 100,000 times 10,000 requests are paid.
    assert.ok(
      Math.abs((after['CloudFront requests'] ?? 0) - 0.011 * 0.99) < 1e-9,
      String(after['CloudFront requests']),
    );
    const file = JSON.parse(await readFile(join(dir, 'state/prices.json'), 'utf8'));
    assert.deepEqual(file.regions[REGION].prices.internetOutGb.tiers, [
      { upTo: 10240, price: 0.09 },
      { upTo: 51200, price: 0.085 },
      { upTo: null, price: 0.07 },
    ]);
    assert.ok(Math.abs(Number(file.regions[REGION].prices.cacheMillionEcpu.tiers[0].price) - 0.0028) < 1e-9);
    assert.equal(file.regions[REGION].prices.fargateVcpuHour.asOf, '2026-11-01');
  });

  test('what is ambiguous, absent or beyond belief keeps its price, and is said', async (t) => {
    const places = await setUp(t, 100);
    const { out } = await command(places, { state: 'state', json: true }, KEYS);
    const { left } = JSON.parse(out) as { left: { key: string; why: string }[] };
    const why = Object.fromEntries(left.map((entry) => [entry.key, entry.why]));
    assert.deepEqual(Object.keys(why).toSorted(), ['cacheNodeHour', 'cloudfrontToOriginGb', 'logsGb', 'natGatewayGb']);
    assert.match(why.natGatewayGb ?? '', /^AWS says 1\.04, which is so far from 0\.052 that/);
    assert.match(why.logsGb ?? '', /^AmazonCloudWatch has 2 prices for logsGb/);
    assert.equal(why.cacheNodeHour, 'AmazonElastiCache has no such product there');
  });

  test('credentials of a container: asked for at its endpoint, and used with their session token', async (t) => {
    const places = await setUp(t, 100);
    const seen: (string | undefined)[] = [];
    const endpoint = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.end(JSON.stringify({ AccessKeyId: 'AKIDEXAMPLE', SecretAccessKey: SECRET, Token: 'session' }));
    });
    await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
    t.after(() => endpoint.close());
    const env = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/creds`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: 'Basic abc',
    };
    const { code, err } = await command(places, { state: 'state' }, env);
    assert.equal(code, 0, err);
    assert.deepEqual(seen, ['Basic abc']);
    assert.ok(places.server.headers.every((headers) => headers['x-amz-security-token'] === 'session'));
    const far = await command(places, {}, { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://example.com/creds' });
    assert.match(far.err, /must be an https URL, or an http URL of this machine, ECS or EKS/);
  });

  test('refused credentials are said to be, without a word of them', async (t) => {
    const places = await setUp(t);
    const wrong = await command(places, {}, { ...KEYS, AWS_SECRET_ACCESS_KEY: 'another-secret' });
    assert.equal(wrong.code, 1);
    assert.match(wrong.err, /^AWS refuses these credentials \(InvalidSignatureException\); .* refresh --public`\.\n$/);
    assert.ok(!wrong.err.includes('another-secret'));
    assert.equal(places.server.headers.length, 1);
    const half = await command(places, {}, { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE' });
    assert.match(half.err, /^Only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set/);
  });

  test('a redirect is not followed: signed requests go to one address only', async (t) => {
    const places = await setUp(t);
    const other = await priceListServer(PRODUCTS, SECRET);
    t.after(() => other.close());
    places.server.refusal = { status: 307, body: '', location: other.url };
    const { code, err } = await command(places, {}, KEYS);
    assert.equal(code, 1);
    assert.match(err, /did not answer: /);
    assert.deepEqual(other.headers, []);
    const options = { region: REGION, env: KEYS, nowMs: Date.now, endpoints: { api: 'https://example.com/' } };
    await assert.rejects(refreshPrices(options), /example\.com is not where the AWS Price List is/);
  });

  test('no answer, and answers that are none', async (t) => {
    const places = await setUp(t);
    places.server.refusal = { status: 200, body: '{"PriceList":[1]}' };
    const odd = await command(places, {}, KEYS);
    assert.match(
      odd.err,
      /^AWS has no prices for `eu-central-1`: The AWS Price List gave an answer .* Nothing was changed\.\n$/,
    );
    places.server.refusal = { status: 500, body: '<html>' };
    assert.match((await command(places, {}, KEYS)).err, /refuses to answer \(status 500\)/);
    await places.server.close();
    assert.match((await command(places, {}, KEYS)).err, /did not answer: \w+\.\n$/);
  });
});

test('without credentials the public files are read, each once, but for the one that is too large', async (t) => {
  const places = await setUp(t);
  const { code, out, err } = await command(places, { state: 'state' }, {});
  assert.equal(code, 0, err);
  assert.match(out, /13 prices of eu-central-1 from the public price files\n/);
  assert.match(out, /natGatewayHour stays as it is: the public file of AmazonEC2 is hundreds of MB/);
  assert.equal(new Set(places.server.asked).size, places.server.asked.length);
  assert.ok(places.server.asked.includes('/offers/v1.0/aws/AmazonECS/current/eu-central-1/index.json'));
  assert.ok(places.server.asked.includes('/offers/v1.0/aws/AmazonCloudFront/current/index.json'));
  assert.equal((await estimate(places.dir))['ALB'], 0.03);
  for (const headers of places.server.headers) assert.equal(headers.authorization, undefined);
  const withKeys = await command(places, { public: true, state: 'state' }, KEYS);
  assert.match(withKeys.out, /public price files/);
});

test('a name that is no region is refused before anything is asked', async (t) => {
  const places = await setUp(t);
  for (const region of ['Frankfurt', '../../etc', 'eu-central-1/x']) {
    const { code, err } = await command(places, { region }, KEYS);
    assert.equal(code, 1);
    assert.match(err, /is not the name of a region; one is `eu-central-1`/);
  }
  assert.deepEqual(places.server.headers, []);
  const nowhere = await command(places, { region: 'mars-north-1' }, KEYS);
  assert.match(nowhere.err, /^AWS has no prices for `mars-north-1`/);
  await assert.rejects(refreshPrices({ region: 'x', env: {}, nowMs: Date.now }), CostError);
});
