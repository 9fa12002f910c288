/** Planted wrong numbers are caught, and right ones, however they are written, are let be. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { groundingOf } from './uncited.ts';

/** As the admin API answers. */
const SOURCES = [
  'What would happen at 3x the rate?',
  {
    totalRequests: 48_211,
    retries: 137,
    perSecond: { requests: 412.37, retries: 1.25 },
    routes: [{ route: 'app', method: 'GET', samples: 48_000, avgLatencyMs: 12.4, p50: 9.83, p99: 131.6 }],
    bytesOut: 1_482_113,
  },
  {
    pools: [
      {
        name: 'app',
        strategy: 'round-robin',
        backends: [
          { id: 'a', weight: 1, state: 'healthy', share: 0.3341, failures: 12, url: 'http://10.0.0.11:3000' },
          {
            id: 'b2',
            weight: 2,
            state: 'unhealthy',
            share: 0.6659,
            failures: 2048,
            lastProbe: { at: '2026-03-01T12:04:05.000Z', ms: 501 },
          },
        ],
      },
    ],
    uptime: 5400,
  },
  { monthly: 34.65, perMillionRequests: 0.35, currency: 'USD' },
  { then: { p99Ms: { mean: 88.21, low: 84.9, high: 91.6 }, errors: { mean: 0.0123 }, imbalance: { mean: 1.62 } } },
  {
    title: {
      text: 'x',
      cites: [
        { metric: 'mean', value: 131.2, unit: 'ms' },
        { metric: 'part', value: 0.97, unit: 'share' },
      ],
    },
  },
  { retry: { attempts: 2, budget: '20%' }, timeouts: { perTry: '10s', connect: '250ms' } },
];
const uncited = (text: string): string[] => groundingOf(text, SOURCES).uncited.map(({ text: words }) => words);

describe('right figures are let be', () => {
  const RIGHT = [
    'p99 of `app` is 131.6 ms, about 132 ms; p50 is 9.83 ms.',
    'It took 132 ms at p99 and 9.8 ms at p50, 412 requests a second.',
    'There were 48,211 requests (about 48,000), 137 of them retried: 1.25 retries per second.',
    '`b2` gets 66.6 % of the picks, `a` 33 percent; b2 failed 2,048 times.',
    'It costs $34.65 a month, $0.35 per million requests.',
    'With least-connections p99 would be 88.2 ms (84.9 to 91.6 ms) and errors 1.23%.',
    'The busiest backend has 1.62 times its share.',
    'Its last probe was at 12:04:05 and took 501 ms; up for 90 minutes, which is 1.5 hours.',
    'The mean is 131 ms, 97 % of attempts are slow.',
    'Retries are limited to 20 % with 2 attempts, 10 s a try, 250 ms to connect.',
    'At 3x the rate nobody has measured it.',
    '1. Drain `b2`.\n2) Look at its log.\nStep 3: put it back. HTTP/1.1 answers 5xx as p99.9 rises.',
    '```yaml\npools: { app: { limits: { inFlight: 777 } } }\n```',
    'It is at 10.0.0.11:3000, and 1.5 MB were sent: 1,482,113 bytes. 2 backends in 1 pool.',
    'On 2026-03-01 it was fine.',
  ];
  for (const text of RIGHT) test(text.slice(0, 60), () => assert.deepEqual(uncited(text), []));
});

describe('planted wrong figures are marked', () => {
  const WRONG: readonly (readonly [string, readonly string[]])[] = [
    ['p99 of `app` is 117 ms.', ['117 ms']],
    ['p99 is 131.6 s.', ['131.6 s']],
    ['It fails 131.6 % of its requests.', ['131.6 %']],
    ['`b2` gets 67.7 % of the picks.', ['67.7 %']],
    ['There were 48,311 requests, 139 of them retried.', ['48,311', '139']],
    ['It costs $43.65 a month.', ['$43.65']],
    ['It costs $131.20 a month.', ['$131.20']],
    ['p99 would fall by 38 % to 88.2 ms.', ['38 %']],
    ['Its last probe was at 12:05:05.', ['12:05:05']],
    ['It is at 10.0.0.12:3000.', ['10.0.0.12:3000']],
    ['On 2026-03-02 it failed.', ['2026-03-02']],
    ['Up for 95 minutes.', ['95 minutes']],
    ['412 requests an hour, 500 requests per second.', ['500 requests per second']],
    ['1. It takes 17 ms.', ['17 ms']],
  ];
  for (const [text, wanted] of WRONG) test(text, () => assert.deepEqual(uncited(text), wanted));

  test('whatever is given and however it is rounded, only what differs is marked', (t) => {
    const seed = Date.now() % 2 ** 31;
    t.diagnostic(`seed ${seed}`);
    const latencies = fc.array(fc.double({ min: 0.1, max: 9999, noNaN: true }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(
        latencies,
        fc.nat(),
        fc.nat(2),
        fc.double({ min: 1.05, max: 3, noNaN: true }),
        (list, pick, decimals, off) => {
          const sources = [{ backends: list.map((p99Ms, at) => ({ id: `n${at}`, p99Ms })) }];
          const right = list[pick % list.length] as number;
          const told = (value: number): string => `p99 is ${value.toFixed(decimals)} ms.`;
          assert.deepEqual(groundingOf(told(right), sources).uncited, []);
          const wrong = Number((right * off).toFixed(decimals));
          const step = 10 ** -decimals / 2 + 1e-6;
          // By chance it may be another backend's.
          if (list.some((one) => Math.abs(one - wrong) <= step)) return;
          assert.equal(groundingOf(told(wrong), sources).uncited.length, 1);
        },
      ),
      { seed, numRuns: 500 },
    );
  });
});

test('a mark says where it stands', () => {
  const text = 'p99 is 131.6 ms, not 117 ms.';
  const [mark] = groundingOf(text, SOURCES).uncited;
  assert.equal(text.slice(mark?.from, mark?.to), '117 ms');
});
