/** Single runs: nothing is lost, queues are as theory has them, and every policy that is configured acts. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { ServiceTimes, SimulatedChange, SimulationModel } from '#contract/simulate.ts';
import { STRATEGIES } from '#core/strategies/index.ts';
import { applyChanges } from './changes.ts';
import { ExchangeCourse } from './exchange-course.ts';
import { Run } from './run.ts';
import { sampleModel, type SampleParts } from './sample-model.ts';

function ran(model: SimulationModel, seed = 1, countedMs = 20_000, warmUpMs = 0): Run {
  const run = new Run(model, seed, warmUpMs, countedMs);
  run.go(new ExchangeCourse(run));
  return run;
}
const sum = (values: Iterable<number>): number => [...values].reduce((all, value) => all + value, 0);
const near = (actual: number, expected: number, share: number, what = ''): void =>
  assert.ok(Math.abs(actual - expected) <= share * expected, `${what} ${actual}, not ${expected}`);

describe('whatever is configured', () => {
  const service = fc.constantFrom<ServiceTimes>(
    { kind: 'exponential', meanMs: 20 },
    { kind: 'constant', ms: 10 },
    { kind: 'lognormal', meanMs: 30, sigma: 1.5 },
    { kind: 'bimodal', shortMs: 2, longMs: 300, longShare: 0.05 },
  );
  const failures = fc.constantFrom(
    [],
    [{ outcome: 'gateway-error', share: 0.1, afterMs: null }],
    [{ outcome: 'connect-failure', share: 0.3, afterMs: 1 }],
    [
      { outcome: 'server-error', share: 0.05, afterMs: null },
      { outcome: 'reset', share: 0.05, afterMs: 5 },
    ],
  );
  const changes = fc.subarray<SimulatedChange>([
    { kind: 'hedge', after: 'p90', budget: 0.1 },
    { kind: 'hedge', after: 15, budget: 0.5 },
    { kind: 'outage', backend: 'a', fromMs: 500, toMs: 1200 },
    { kind: 'patch', patch: { concurrency: { algorithm: 'gradient' } } },
    { kind: 'patch', patch: { limits: { inFlight: 3, queue: 20, queueTimeoutMs: 100 } } },
    { kind: 'patch', patch: { retry: { attempts: 3, statuses: [500, 503] } } },
    { kind: 'patch', patch: { tryTimeoutMs: 60 } },
    { kind: 'patch', patch: { circuit: null } },
    { kind: 'patch', patch: { probes: { downMs: 200, upMs: 200 }, slowStartMs: 600 } },
    { kind: 'rate', times: 4 },
  ]);
  const any = fc.record({
    strategy: fc.constantFrom(...STRATEGIES.map(({ name }) => name)),
    service,
    failures,
    changes,
    backends: fc.integer({ min: 1, max: 5 }),
    workers: fc.integer({ min: 1, max: 3 }),
    concurrency: fc.constantFrom(null, 1, 4),
    burstiness: fc.constantFrom(0, 1, 8),
    repeatable: fc.constantFrom(0, 0.5, 1),
    seed: fc.integer({ min: 1, max: 1_000_000 }),
  });

  test('every request ends once, and nothing is left in flight, in line or at work', (t) => {
    fc.assert(
      fc.property(any, ({ strategy, changes: list, backends, workers, seed, ...rest }) => {
        const { burstiness, repeatable } = rest;
        const sample = sampleModel({
          backends,
          pool: { workers },
          traffic: { burstiness, repeatable },
          shape: { service: rest.service, concurrency: rest.concurrency, failures: rest.failures as never },
        });
        const run = ran(applyChanges(sample, [...list, { kind: 'strategy', name: strategy }]), seed, 2000);
        const { tally, policies, exchanges, servers } = run;
        assert.equal(tally.requests, run.requests);
        assert.equal(tally.answered + tally.failed, tally.requests);
        assert.ok(tally.refused <= tally.failed);
        assert.equal(sum(tally.latencies), tally.answered);
        assert.equal(exchanges.live, 0);
        assert.equal(sum(policies.slots.total), 0);
        assert.equal(policies.pools.queued(0), 0);
        for (const side of policies.workers) {
          assert.equal(side.inFlight, 0);
          assert.equal(side.line.length, 0);
        }
        for (const server of servers) assert.equal(server.waiting, 0);
        // What was not refused was tried once; more attempts are retries and copies.
        const tried = tally.requests - tally.refused + tally.retries + tally.hedges;
        const after = sum(tally.attempts);
        assert.ok(after <= tried, `${after} attempts of ${tried}`);
      }),
      { numRuns: 150 },
    );
    t.diagnostic('fast-check prints the seed of a failure');
  });
});

describe('queues', () => {
  const one = (parts: SampleParts, concurrency: number | null, rate: number, name = 'random'): SimulationModel =>
    applyChanges(
      sampleModel({
        backends: 1,
        ...parts,
        traffic: { ratesPerSecond: [rate] },
        shape: { concurrency },
        pool: { circuit: null, tryTimeoutMs: 0, limits: { inFlight: 1_000_000, queue: 0, queueTimeoutMs: 0 } },
      }),
      [{ kind: 'strategy', name }],
    );

  for (const busy of [0.5, 0.75]) {
    test(`M/M/1, ${busy * 100} % busy: quantiles of the time in it, within 4 %`, () => {
      // Time in the system is exponential with rate mu - lambda (Kleinrock, Queueing Systems I, 3.2).
      const { tally, servers } = ran(one({}, 1, 40 * busy), 1, 20_000_000, 100_000);
      const meanMs = 25 / (1 - busy);
      for (const share of [0.5, 0.95, 0.99])
        near(tally.quantileMs(share), -meanMs * Math.log(1 - share), 0.04, `p${share * 100}`);
      near(servers[0]!.workedMs / 20_000_000, busy, 0.02, 'utilisation');
      near(sum(tally.inFlightMs) / 20_000_000, busy / (1 - busy), 0.06, 'in flight (Little)');
    });
  }

  test('eight backends of one place under least connections: between M/M/8 and eight M/M/1', () => {
    const model = applyChanges(
      sampleModel({ traffic: { ratesPerSecond: [8 * 40 * 0.75] }, shape: { concurrency: 1 } }),
      [{ kind: 'strategy', name: 'least-connections' }],
    );
    const { tally } = ran(model, 1, 1_000_000, 10_000);
    const meanMs = sum(tally.inFlightMs) / sum(tally.attempts);
    assert.ok(meanMs > erlangMeanMs(8, 0.75) * 0.98, `${meanMs} against ${erlangMeanMs(8, 0.75)}`);
    assert.ok(meanMs < 100 / 1.5, `${meanMs}`);
  });

  test('a place for everybody: latency is service, whatever the rate', () => {
    const { tally } = ran(one({}, null, 400), 1, 500_000);
    for (const share of [0.5, 0.99]) near(tally.quantileMs(share), -25 * Math.log(1 - share), 0.02);
    near(sum(tally.inFlightMs) / 500_000, 10, 0.03, 'in flight (Little)');
  });

  test('work done is the work that came', () => {
    const model = sampleModel({ shape: { service: { kind: 'constant', ms: 10 } } });
    const run = ran(model, 5, 50_000);
    // All but the last few requests are done before the end.
    near(sum(run.servers.map(({ workedMs }) => workedMs)), run.requests * 10, 0.001);
  });
});

/** Mean time in M/M/c with a service of 25 ms (Erlang C). */
function erlangMeanMs(servers: number, busy: number): number {
  const load = servers * busy;
  let [term, all] = [1, 0];
  for (let k = 0; k < servers; k++) {
    all += term;
    term *= load / (k + 1);
  }
  const waiting = (term * servers) / (servers - load);
  return 25 + ((waiting / (all + waiting)) * 25) / (servers - load);
}

describe('policies act', () => {
  const failing = (share: number): SimulationModel => {
    const sample = sampleModel();
    const backends = sample.traffic.backends.map((shape) =>
      shape.id === 'a' ? { ...shape, failures: [{ outcome: 'gateway-error', share, afterMs: null } as const] } : shape,
    );
    return { ...sample, traffic: { ...sample.traffic, backends } };
  };
  const without = (model: SimulationModel, patch: Readonly<Record<string, unknown>>): SimulationModel =>
    applyChanges(model, [{ kind: 'patch', patch }]);
  const roundRobin = (model: SimulationModel): SimulationModel =>
    applyChanges(model, [{ kind: 'strategy', name: 'round-robin' }]);

  test('retries hide failures, within their budget; circuits take a backend out that always fails', () => {
    const bare = ran(without(roundRobin(failing(1)), { retry: null, circuit: null })).tally;
    near(bare.failed / bare.requests, 1 / 8, 0.02);
    const retried = ran(without(roundRobin(failing(1)), { circuit: null })).tally;
    assert.ok(retried.failed < 0.02 * bare.failed, `${retried.failed}`);
    near(retried.retries / retried.requests, 1 / 8, 0.05);
    const broken = ran(without(roundRobin(failing(1)), { retry: null })).tally;
    assert.ok(broken.opens >= 1 && broken.failed < 0.05 * bare.failed, `${broken.opens}, ${broken.failed}`);
  });

  test('a request that may not be repeated is not', () => {
    const model = failing(0.4);
    const run = ran({ ...model, traffic: { ...model.traffic, repeatable: 0 } });
    assert.equal(run.tally.retries, 0);
    assert.ok(run.tally.failed > 0);
  });

  test('hedges stay in their budget, and help where slowness belongs to the backend alone', () => {
    const hedged = (slownessOf: 'backend' | 'request'): Run =>
      ran(
        applyChanges(sampleModel({ traffic: { ratesPerSecond: [400], slownessOf } }), [
          { kind: 'hedge', after: 'p95', budget: 0.05 },
        ]),
        1,
        60_000,
      );
    const plain = ran(sampleModel({ traffic: { ratesPerSecond: [400] } }), 1, 60_000).tally.quantileMs(0.99);
    const helped = hedged('backend').tally;
    assert.ok(helped.hedges > 0 && helped.hedges <= 0.055 * helped.requests);
    assert.ok(helped.quantileMs(0.99) < 0.95 * plain, `${helped.quantileMs(0.99)} of ${plain}`);
    const useless = hedged('request').tally;
    assert.ok(useless.quantileMs(0.99) > 0.97 * plain);
    assert.ok(useless.hedges < 0.5 * helped.hedges, 'the gate closes');
  });

  test('attempts end when their time is over; what waits in a backend counts', () => {
    const stuck = without(sampleModel({ backends: 1, shape: { concurrency: 1 } }), {
      tryTimeoutMs: 50,
      retry: null,
      circuit: null,
    });
    const { tally } = ran(stuck, 1, 20_000);
    assert.ok(tally.failed > 0.3 * tally.requests);
    assert.ok(tally.quantileMs(0.9999) <= 50.5, `${tally.quantileMs(0.9999)}`);
  });

  test('a full pool refuses, and with a line fewer are refused and none waits longer than allowed', () => {
    const limits = { inFlight: 4, queue: 0, queueTimeoutMs: 40 };
    const full = ran(without(sampleModel({ traffic: { ratesPerSecond: [1200] } }), { limits })).tally;
    assert.ok(full.refused > 0.05 * full.requests);
    const lined = ran(
      without(sampleModel({ traffic: { ratesPerSecond: [1200] } }), { limits: { ...limits, queue: 100 } }),
    ).tally;
    assert.ok(lined.refused < 0.8 * full.refused, `${lined.refused} of ${full.refused}`);
  });

  test('tiers, states and weights: who gets what', () => {
    const shares = (changes: readonly SimulatedChange[]): number[] => {
      const { attempts } = ran(
        applyChanges(sampleModel({ backends: 4, traffic: { ratesPerSecond: [100] } }), changes),
      ).tally;
      return [...attempts].map((count) => count / sum(attempts));
    };
    const named: SimulatedChange = { kind: 'strategy', name: 'round-robin' };
    const [a, b, c, d] = shares([
      named,
      { kind: 'tier', backend: 'a', tier: 1 },
      { kind: 'state', backend: 'b', state: 'draining' },
      { kind: 'weight', backend: 'c', weight: 3 },
    ]);
    assert.equal(a, 0);
    assert.equal(b, 0);
    near(c!, 0.75, 0.02);
    near(d!, 0.25, 0.02);
  });

  test('an outage fails requests until somebody notices, and the backend comes back slowly', () => {
    const sample = without(roundRobin(sampleModel()), {
      retry: null,
      circuit: null,
      probes: { downMs: 1000, upMs: 500 },
      slowStartMs: 4000,
    });
    const out = (fromMs: number, toMs: number): SimulationModel =>
      applyChanges(sample, [{ kind: 'outage', backend: 'a', fromMs, toMs }]);
    const { tally } = ran(out(2000, 8000), 1, 20_000);
    // An eighth of the requests of the second before probes have noticed.
    near(tally.failed, 960 / 8, 0.1);
    const steady = ran(sample, 1, 20_000).tally.attempts[0]!;
    const lost = 6.5 + 0.45 * 4 - 1;
    near(tally.attempts[0]!, steady * (1 - lost / 20), 0.06);
  });
});
