import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { CostAnswer } from '#contract/cost.ts';
import type { CostQuestion } from '../admin/ports.ts';
import { loadConfig } from '../config/load.ts';
import { CostError } from './cost-error.ts';
import { createCost, type CostOptions } from './cost.ts';
import { FARGATE_SIZES } from './fargate-sizes.ts';
import { KNOWN_REGIONS } from './price-table.ts';
import { GB, type TrafficCounts } from './traffic.ts';

const NOW_MS = Date.parse('2026-11-25T12:00:00Z');

/** A tenth of a month, with figures that come out even: see docs/cost.md. */
const TENTH: TrafficCounts = {
  seconds: 73 * 3600,
  requests: 2 * 1024 ** 2,
  bytesIn: 10 * GB,
  bytesOut: 152.4 * GB,
  connections: 73 * 3600,
  retries: (2 * 1024 ** 2) / 8,
  cpuSeconds: 419.4304,
  routes: [
    { name: 'api', requests: 1.5 * 1024 ** 2, bytes: null },
    { name: 'site', requests: 0.5 * 1024 ** 2, bytes: null },
  ],
};

function cost(section: string, traffic: TrafficCounts | null, more: Partial<CostOptions> = {}, rest = '') {
  const text = `pools: { app: { backends: ["http://a:1"] } }\ncost: ${section}\n${rest}`;
  const { config, problems } = loadConfig(text, 'f', {});
  assert.ok(config !== null, JSON.stringify(problems));
  return createCost({
    sections: () => config,
    traffic: traffic === null ? null : () => traffic,
    history: null,
    nowMs: () => NOW_MS,
    env: {},
    stateDir: () => null,
    fetch: () => Promise.reject(new Error('nothing is to be fetched')),
    machine: () => ({ cpus: 2, memoryGiB: 3.7, architecture: 'arm' }),
    ...more,
  });
}

const EXAMPLE = '{ region: us-east-1, vcpu: 0.5, memoryGiB: 1, architecture: arm, assume: { logLineBytes: 1024 } }';

const item = (answer: CostAnswer, name: string) => {
  const found = answer.items.find((one) => one.name === name);
  assert.ok(found !== undefined, `${name} is not among ${answer.items.map((one) => one.name).join(', ')}`);
  return found;
};
const near = (found: number, wanted: number, what: string): void =>
  assert.ok(Math.abs(found - wanted) < 2e-6 * Math.max(1, Math.abs(wanted)), `${what}: ${found} is not ${wanted}`);

async function refusal(promise: Promise<unknown>): Promise<CostError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof CostError, String(error));
    return error;
  }
  return assert.fail('it was answered');
}

describe('the example of docs/cost.md', () => {
  test('line by line', async () => {
    const answer = await cost(EXAMPLE, TENTH).estimate({});
    const expected: [name: string, quantity: number, monthly: number][] = [
      ['Fargate vCPU', 730, 23.6374],
      ['Fargate memory', 1460, 5.1976],
      ['ALB', 730, 16.425],
      ['ALB capacity units', 1624, 12.992],
      ['Public IPv4 addresses', 2920, 14.6],
      ['CloudFront requests', 2097.152, 10.97152],
      ['CloudFront data out', 1524, 42.5],
      ['CloudFront data to origin', 100, 2],
      ['NAT gateways', 1460, 65.7],
      ['NAT, of the tasks', 2, 0.09],
      ['NAT, of the logs', 20, 0.9],
      ['CloudWatch Logs', 20, 10],
      ['Data between zones', 1636.5, 16.365],
    ];
    assert.deepEqual(
      answer.items.map(({ name }) => name),
      expected.map(([name]) => name),
    );
    for (const [name, quantity, monthly] of expected) {
      near(item(answer, name).quantity, quantity, `${name}, quantity`);
      near(item(answer, name).monthly, monthly, `${name}, monthly`);
    }
    near(answer.monthly, 221.37852, 'monthly');
    near(answer.perMillionRequests ?? 0, 221.37852 / 20.97152, 'a million');
    assert.equal(answer.requests, 20 * 1024 ** 2);
    assert.deepEqual(answer.deployment, { tasks: 2, vcpu: 0.5, memoryGiB: 1, architecture: 'arm', zones: 2 });
    assert.equal(answer.pricesAsOf, '2026-02-24');
    assert.deepEqual([answer.currency, answer.region, answer.platform], ['USD', 'us-east-1', 'aws-fargate']);
  });

  test('routes and retries', async () => {
    const answer = await cost(EXAMPLE, TENTH).estimate({});
    assert.deepEqual(
      answer.routes.map(({ name, requests }) => [name, requests]),
      [
        ['api', 15 * 1024 ** 2],
        ['site', 5 * 1024 ** 2],
      ],
    );
    near(answer.routes[0]?.monthly ?? 0, 166.03389, 'api');
    near(answer.routes[1]?.monthly ?? 0, 55.34463, 'site');
    assert.equal(answer.unassigned, 0);
    assert.equal(answer.retries.requests, (20 * 1024 ** 2) / 8);
    near(answer.retries.monthly, 28.835 / 9 + 0.125, 'retries');
  });

  test('each line says where its quantity and its price come from', async () => {
    const answer = await cost(EXAMPLE, TENTH).estimate({});
    assert.equal(
      item(answer, 'CloudFront data out').basis,
      'answers to viewers; measured 2,097,152 requests in 73 hours, carried on for a month; the first 1,024 GB of a month are free; on average of the tiers, which begin at 0.085; price of 2026-10-01 (https://aws.amazon.com/cloudfront/pricing/).',
    );
    assert.equal(
      item(answer, 'ALB capacity units').basis,
      '2.22 units for 730 hours; what counts is processed bytes, the largest of: new connections 0.04, active connections 0.02, processed bytes 2.22, rule evaluations 0; measured 2,097,152 requests in 73 hours, carried on for a month; price of 2026-09-20 (https://aws.amazon.com/elasticloadbalancing/pricing/).',
    );
    // 200 microseconds a request; 8 requests a second, three times that at the peak, on one CPU.
    assert.ok(
      answer.assumptions.includes(
        'At a peak of 3 times the average, and with the 200 microseconds of CPU that a request took here, the tasks would be 0.479 % busy.',
      ),
      answer.assumptions.join('\n'),
    );
  });
});

describe('traffic', () => {
  test('none yet: what costs the same whatever comes, and no share for anybody', async () => {
    const answer = await cost(EXAMPLE, { ...TENTH, requests: 0, routes: [], retries: 0 }).estimate({});
    near(answer.monthly, 23.6374 + 5.1976 + 16.425 + 14.6 + 65.7 + 0.09, 'monthly');
    assert.equal(answer.perMillionRequests, null);
    assert.equal(answer.requests, null);
    assert.deepEqual(answer.routes, []);
    assert.equal(answer.unassigned, answer.monthly);
    assert.equal(answer.retries.monthly, 0);
    assert.ok(answer.assumptions.some((sentence) => sentence.startsWith('No request has been seen yet')));
  });

  test('asked for a number of requests: as they are measured, or as they are assumed', async () => {
    const like = await cost(EXAMPLE, TENTH).estimate({ requests: 40 * 1024 ** 2 });
    near(item(like, 'CloudFront data to origin').quantity, 200, 'GB');
    assert.match(
      item(like, 'CloudWatch Logs').basis,
      /supposed 41,943,040 requests a month that are like the measured/,
    );
    const assumed = await cost(EXAMPLE, null).estimate({ requests: 1024 ** 2 });
    near(item(assumed, 'CloudFront data to origin').quantity, 1, 'GB');
    near(item(assumed, 'CloudFront data out').quantity, 16, 'GB');
    assert.equal(assumed.unassigned, assumed.monthly);
    const none = await cost(EXAMPLE, TENTH).estimate({ requests: 0 });
    assert.equal(none.perMillionRequests, null);
    assert.ok(none.routes.every(({ perMillionRequests }) => perMillionRequests === null));
    for (const requests of [-1, NaN, 1e15])
      assert.equal((await refusal(cost(EXAMPLE, TENTH).estimate({ requests }))).field, 'requests');
  });

  test('bytes are shared by bytes where they are counted by route', async () => {
    const routes = TENTH.routes.map((route, at) => ({ ...route, bytes: at === 0 ? 0 : 1000 }));
    const answer = await cost(EXAMPLE, { ...TENTH, routes }).estimate({});
    const byBytes = 12.992 + 42.5 + 2 + 16.365;
    near(answer.routes[1]?.monthly ?? 0, (221.37852 - byBytes) / 4 + byBytes, 'site');
  });

  test('too few tasks for it are said to be', async () => {
    const answer = await cost(EXAMPLE, TENTH).estimate({ requests: 1e11 });
    const said = answer.assumptions.find((sentence) => sentence.includes('microseconds of CPU'));
    assert.match(said ?? '', /2280 % busy, more than the 60 % .*: it would take 77 tasks of this size\.$/);
  });
});

describe('what is priced', () => {
  test('a question wins over the configuration, and that over the machine', async () => {
    const port = cost('{ tasks: 3, vcpu: 1, memoryGiB: 4 }', null);
    const size = async (question: CostQuestion) => (await port.estimate(question)).deployment;
    const base = { architecture: 'arm', zones: 2 };
    assert.deepEqual(await size({}), { tasks: 3, vcpu: 1, memoryGiB: 4, ...base });
    assert.deepEqual(await size({ tasks: 5, vcpu: 2 }), { tasks: 5, vcpu: 2, memoryGiB: 4, ...base });
    assert.deepEqual(await size({ vcpu: 4 }), { tasks: 3, vcpu: 4, memoryGiB: 8, ...base });
    assert.deepEqual(await size({ memoryGiB: 16 }), { tasks: 3, vcpu: 2, memoryGiB: 16, ...base });
    assert.deepEqual((await cost('{}', null).estimate({})).deployment, { tasks: 2, vcpu: 2, memoryGiB: 4, ...base });
    assert.equal((await refusal(port.estimate({ vcpu: 1, memoryGiB: 16 }))).field, 'memoryGiB');
    assert.equal((await refusal(port.estimate({ vcpu: 3 }))).field, 'vcpu');
    assert.equal((await refusal(port.estimate({ memoryGiB: 17.5 }))).field, 'memoryGiB');
    for (const tasks of [0, 1.5, 1e6]) assert.equal((await refusal(port.estimate({ tasks }))).field, 'tasks');
  });

  test('in ECS, the task itself says what it is and where', async () => {
    const task = {
      TaskARN: 'arn:aws:ecs:eu-west-1:111122223333:task/edge/0123',
      Limits: { CPU: 0.25, Memory: 512 },
      LaunchType: 'FARGATE',
      AvailabilityZone: 'eu-west-1a',
    };
    const asked: string[] = [];
    const port = cost('{}', null, {
      env: { ECS_CONTAINER_METADATA_URI_V4: 'http://169.254.170.2/v4/abc', AWS_REGION: 'us-west-2' },
      fetch: (url) => {
        asked.push(String(url as string));
        return Promise.resolve(Response.json(task));
      },
    });
    const answer = await port.estimate({});
    await port.estimate({});
    assert.deepEqual(asked, ['http://169.254.170.2/v4/abc/task']);
    assert.equal(answer.region, 'eu-west-1');
    assert.deepEqual([answer.deployment?.vcpu, answer.deployment?.memoryGiB], [0.25, 0.5]);
    assert.ok(answer.assumptions.some((sentence) => sentence.includes('that of this task, as ECS says')));
  });

  test('without ECS the region is that of the environment, else us-east-1', async () => {
    assert.equal((await cost('{}', null, { env: { AWS_REGION: 'us-west-2' } }).estimate({})).region, 'us-west-2');
    assert.equal((await cost('{}', null).estimate({})).region, 'us-east-1');
    const error = await refusal(cost('{}', null, { env: { AWS_REGION: 'mars-1' } }).estimate({}));
    assert.match(error.message, /`mars-1` is not in the price table, which has us-east-1, /);
  });

  test('parts can be left out, and a cache added', async () => {
    const bare =
      '{ zones: 1, loadBalancer: false, cloudfront: false, natGateways: 0, logs: false, cache: node, vcpu: 1, memoryGiB: 2 }';
    const answer = await cost(bare, TENTH).estimate({});
    assert.deepEqual(
      answer.items.map(({ name }) => name),
      ['Fargate vCPU', 'Fargate memory', 'Public IPv4 addresses', 'Data out to the internet', 'Cache nodes'],
    );
    near(item(answer, 'Data out to the internet').monthly, (1524 - 100) * 0.09, 'out');
    near(item(answer, 'Public IPv4 addresses').quantity, 2 * 730, 'addresses');
    const cached = await cost('{ cache: serverless }', TENTH).estimate({});
    near(item(cached, 'Cache storage').monthly, 73 * 0.084, 'storage');
    near(item(cached, 'Cache commands').monthly, 20.97152 * 0.0023, 'commands');
  });

  test('the access log is priced as it is written', async () => {
    const logs = async (rest: string): Promise<number> => {
      const { items } = await cost('{ assume: { logLineBytes: 1024 } }', TENTH, {}, rest).estimate({});
      return items.find(({ name }) => name === 'CloudWatch Logs')?.quantity ?? 0;
    };
    near(await logs(''), 20, 'all');
    near(await logs('log: { access: { sample: 10% } }'), 2, 'a tenth');
    assert.equal(await logs('log: { access: null }'), 0);
    assert.equal(await logs('log: { access: { to: /var/log/access.log } }'), 0);
  });

  test('hits of CloudFront are paid there and nowhere else', async () => {
    const hits = await cost('{ assume: { cloudfrontHits: 50% } }', TENTH).estimate({});
    const none = await cost('{}', TENTH).estimate({});
    near(item(hits, 'CloudFront requests').quantity, 2 * item(none, 'CloudFront requests').quantity, 'requests');
    near(item(hits, 'CloudFront data out').quantity, 2 * item(none, 'CloudFront data out').quantity, 'out');
    assert.deepEqual(item(hits, 'ALB capacity units'), item(none, 'ALB capacity units'));
  });
});

describe('other platforms', () => {
  test('EC2: the price of the instance is its owner’s to give', async () => {
    const error = await refusal(cost('{ platform: aws-ec2 }', TENTH).estimate({}));
    assert.equal(error.field, 'prices');
    assert.match(error.message, /cost\.prices\.instanceHour/);
    const answer = await cost('{ platform: aws-ec2, prices: { instanceHour: 0.1 }, tasks: 3 }', TENTH).estimate({});
    near(item(answer, 'EC2 instances').monthly, 3 * 73, 'instances');
    assert.ok(!answer.items.some(({ name }) => name.startsWith('Fargate')));
  });

  test('none: no estimate, and not one of zero', async () => {
    const error = await refusal(cost('{ platform: none }', TENTH).estimate({}));
    assert.equal(error.field, 'platform');
    assert.match(error.message, /`cost\.platform` is `none`: write `aws-fargate`/);
  });

  test('of one’s own: only the lines that the configuration gives', async () => {
    const items = `[{ name: server, price: 40, per: task }, { name: support, price: 100 },
      { name: traffic, price: 0.01, per: gb-out }, { name: calls, price: 2, per: million-requests, quantity: 0.5 }]`;
    const answer = await cost(`{ platform: custom, currency: EUR, tasks: 2, items: ${items} }`, TENTH).estimate({});
    assert.deepEqual(
      answer.items.map(({ name, monthly }) => [name, monthly]),
      [
        ['server', 80],
        ['support', 100],
        ['traffic', 15.24],
        ['calls', 20.97152],
      ],
    );
    assert.deepEqual([answer.currency, answer.deployment, answer.platform], ['EUR', null, 'custom']);
    near(answer.monthly, 216.21152, 'monthly');
    const port = cost(`{ platform: custom, items: ${items} }`, TENTH);
    assert.equal((await refusal(port.estimate({ region: 'us-east-1' }))).field, 'region');
    near((await port.estimate({ tasks: 10 })).items[0]?.monthly ?? 0, 400, 'ten');
  });

  test('a region of one’s own prices, and lines beside those of AWS', async () => {
    const prices = `{ fargateArmVcpuHour: 0.1, fargateArmGbHour: 0.01, albHour: 0.1, albCapacityUnitHour: 0.01, natGatewayHour: 0.1,
      natGatewayGb: 0.1, publicIpv4Hour: 0.01, logsGb: 1, betweenZonesGb: 0.02 }`;
    const section = `{ region: mars-1, vcpu: 1, memoryGiB: 2, prices: ${prices}, items: [{ name: alarms, price: 7 }] }`;
    const answer = await cost(section, TENTH).estimate({});
    near(item(answer, 'Fargate vCPU').monthly, 146, 'vCPU');
    assert.equal(item(answer, 'alarms').monthly, 7);
    assert.match(item(answer, 'ALB').basis, /price of 2026-11-25 \(cost\.prices\.albHour of the configuration\)\.$/);
  });
});

describe('properties', () => {
  const counts = fc.record({
    seconds: fc.integer({ min: 1, max: 1e7 }),
    requests: fc.integer({ min: 1, max: 1e9 }),
    bytesIn: fc.integer({ min: 0, max: 1e13 }),
    bytesOut: fc.integer({ min: 0, max: 1e15 }),
    connections: fc.integer({ min: 0, max: 1e9 }),
    retries: fc.integer({ min: 0, max: 1e8 }),
    cpuSeconds: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true })),
  });
  const section = fc
    .record({
      region: fc.constantFrom(...KNOWN_REGIONS),
      zones: fc.integer({ min: 1, max: 6 }),
      loadBalancer: fc.boolean(),
      cloudfront: fc.boolean(),
      natGateways: fc.constantFrom('auto', 0, 1),
      logs: fc.constantFrom('auto', true, false),
      cache: fc.constantFrom('none', 'serverless', 'node'),
      architecture: fc.constantFrom('x86', 'arm'),
    })
    .map((parts) => JSON.stringify(parts));

  test('the items make the sum, each is its quantity times its price, and routes and the rest make it too', async () => {
    const parts = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(counts, section, parts, fc.constantFrom(...FARGATE_SIZES), async (found, text, shares, size) => {
        const all = shares.reduce((sum, one) => sum + one, 0);
        const routes = shares.map((one, at) => ({
          name: `r${at}`,
          requests: (found.requests * one) / all,
          bytes: null,
        }));
        const answer = await cost(text, { ...found, routes }).estimate(size);
        const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);
        const close = (a: number, b: number, what: string): void =>
          assert.ok(Math.abs(a - b) <= 1e-5 + 1e-9 * Math.abs(b), `${what}: ${a} and ${b}`);
        close(sum(answer.items.map(({ monthly }) => monthly)), answer.monthly, 'items');
        close(sum(answer.routes.map(({ monthly }) => monthly)) + answer.unassigned, answer.monthly, 'routes');
        assert.ok(answer.retries.monthly <= answer.monthly);
        for (const { name, quantity, unitPrice, monthly, basis } of answer.items) {
          close(quantity * unitPrice, monthly, name);
          assert.ok(Number.isFinite(monthly) && monthly >= 0 && basis.endsWith('.'), name);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('more requests never cost less, and more of one task’s size never either', async () => {
    const requests = fc.integer({ min: 0, max: 1e11 });
    await fc.assert(
      fc.asyncProperty(counts, section, requests, requests, async (found, text, one, other) => {
        const port = cost(text, { ...found, routes: [] });
        const monthly = async (question: CostQuestion): Promise<number> => (await port.estimate(question)).monthly;
        const [less, more] = [Math.min(one, other), Math.max(one, other)];
        assert.ok((await monthly({ requests: less })) <= (await monthly({ requests: more })) + 1e-5);
        assert.ok((await monthly({ tasks: 2 })) < (await monthly({ tasks: 3 })));
        assert.ok((await monthly({ vcpu: 1, memoryGiB: 4 })) < (await monthly({ vcpu: 2, memoryGiB: 4 })));
      }),
      { numRuns: 40 },
    );
  });
});
