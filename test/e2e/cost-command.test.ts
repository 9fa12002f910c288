/** `edgebalancer cost`: what it asks of the admin API, and what it says. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { cost, type CostOptions } from '../../src/cli/cost.ts';
import type { CostAnswer } from '../../src/contract/cost.ts';

const ANSWER: CostAnswer = {
  currency: 'USD',
  monthly: 1234.5,
  perMillionRequests: 12.345,
  items: [
    { name: 'ALB', quantity: 730, unit: 'hour', unitPrice: 0.0225, monthly: 16.425, basis: 'one for 730 hours.' },
  ],
  routes: [{ name: 'api', requests: 1000, monthly: 1234.5, perMillionRequests: 12.345 }],
  unassigned: 0,
  retries: { name: 'retries', requests: 0, monthly: 0, perMillionRequests: null },
  requests: 100_000_000,
  deployment: { tasks: 2, vcpu: 0.5, memoryGiB: 1, architecture: 'arm', zones: 2 },
  assumptions: ['A month has 730 hours.'],
  pricesAsOf: '2026-02-24',
  region: 'us-east-1',
  platform: 'aws-fargate',
};

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(options: Partial<CostOptions>, env: Record<string, string> = {}, cwd = '.'): Promise<Run> {
  let [out, err] = ['', ''];
  const io = { stdout: (text: string) => void (out += text), stderr: (text: string) => void (err += text), env, cwd };
  const code = await cost({ admin: 'http://127.0.0.1:1', ...options }, io);
  return { code, out, err };
}

async function admin(t: TestContext, status: number, body: string): Promise<{ url: string; asked: IncomingMessage[] }> {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/base`, asked };
}

describe('from a running EdgeBalancer', () => {
  test('what is asked for goes into the query, the token into its header', async (t) => {
    const { url, asked } = await admin(t, 200, JSON.stringify(ANSWER));
    const options = { admin: url, region: 'eu-west-1', tasks: 3, vcpu: 0.5, memoryGiB: 1, requests: 1e6, json: true };
    const { code, out } = await run(options, { EDGEBALANCER_TOKEN: 'eb_from-environment' });
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(out), ANSWER);
    assert.equal(asked[0]?.url, '/base/admin/cost?region=eu-west-1&tasks=3&vcpu=0.5&memoryGiB=1&requests=1000000');
    assert.equal(asked[0]?.headers.authorization, 'Bearer eb_from-environment');
    await run({ admin: url }, { EDGEBALANCER_TOKEN: 'eb_given', EDGEBALANCER_ADMIN_TOKEN: 'x' });
    await run({ admin: url });
    assert.deepEqual(
      asked.slice(1).map(({ url: path, headers }) => [path, headers.authorization]),
      [
        ['/base/admin/cost', 'Bearer eb_given'],
        ['/base/admin/cost', undefined],
      ],
    );
  });

  test('as a table', async (t) => {
    const { url } = await admin(t, 200, JSON.stringify(ANSWER));
    const { out } = await run({ admin: url });
    assert.equal(
      out,
      `aws-fargate in us-east-1, 2 x 0.5 vCPU / 1 GiB (arm) in 2 zones; prices of 2026-02-24 or later

ITEM  QUANTITY  UNIT  USD EACH  USD A MONTH
ALB        730  hour    0.0225        16.43
all                                1,234.50

USD 12.35 for a million requests, at 100,000,000 a month.

ROUTE             REQUESTS  USD A MONTH  A MILLION
api                  1,000     1,234.50      12.35
of which retries         0         0.00          -

- A month has 730 hours.
`,
    );
  });

  test('refusals are one sentence, and never hold the token', async (t) => {
    const SECRET = { EDGEBALANCER_TOKEN: 'eb_secret' };
    const detail = 'The region `mars-1` is not in the price table.';
    const bad = await admin(t, 400, JSON.stringify({ title: 'Bad question', status: 400, detail }));
    assert.deepEqual(await run({ admin: bad.url }, SECRET), { code: 1, out: '', err: `${detail}\n` });
    const closed = await admin(t, 401, '{}');
    const refused = await run({ admin: closed.url }, SECRET);
    assert.match(refused.err, /\/admin\/cost does not take this token\. Give the token as EDGEBALANCER_TOKEN, /);
    assert.ok(!refused.err.includes('eb_secret'));
    const odd = await admin(t, 502, '<html>');
    assert.match((await run({ admin: odd.url })).err, /answered 502, .*Is edgebalancer running there\?/);
    const html = await admin(t, 200, '<html>');
    assert.match((await run({ admin: html.url })).err, /did not answer with JSON/);
    assert.match((await run({})).err, /^No answer from http:\/\/127\.0\.0\.1:1: nothing listens there\. /);
    assert.match((await run({ admin: 'x' })).err, /^--admin wants a URL such as /);
  });
});

describe('from a configuration alone', () => {
  test('without traffic, and for a number of requests', async (t) => {
    const dir = await mkdtemp(join(tmpdir(), 'cost-'));
    t.after(() => rm(dir, { recursive: true }));
    await writeFile(
      join(dir, 'eb.yaml'),
      'pools: { app: { backends: ["http://a:1"] } }\ncost: { vcpu: 1, memoryGiB: 2 }\n',
    );
    const { code, out, err } = await run({ config: 'eb.yaml' }, {}, dir);
    assert.equal(code, 0, err);
    assert.match(out, /No request to share it among\./);
    const asked = await run({ config: 'eb.yaml', requests: 1e6, json: true }, {}, dir);
    assert.equal((JSON.parse(asked.out) as CostAnswer).requests, 1e6);
    const wrong = await run({ config: 'eb.yaml', region: 'mars-1' }, {}, dir);
    assert.match(wrong.err, /^The region `mars-1` is not in the price table, which has us-east-1, /);
    assert.match((await run({ config: 'none.yaml' }, {}, dir)).err, /^ENOENT: no such file/);
    await writeFile(join(dir, 'bad.yaml'), 'pools: { app: { backends: ["http://a:1"] } }\ncost: { vcpu: 3 }\n');
    assert.match(
      (await run({ config: 'bad.yaml' }, {}, dir)).err,
      /^bad\.yaml:2:15: cost\.vcpu: Fargate has no task of 3 vCPU/,
    );
  });
});
