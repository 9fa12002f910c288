/**
 * Failures that users of other balancers have met, one scenario each, under all invariants. What they complained of is in the
 * test's name, with the place where they did.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Outcome } from '#core/outcome.ts';
import { STRATEGIES } from '#core/strategies/index.ts';
import { at, DEFAULT_CIRCUIT, DEFAULT_RETRY, errors, live, shares, type Lived, type Pick } from './sketches.ts';
import type { Fault } from './scenario.ts';

const NAMES = STRATEGIES.map(({ name }) => name);
const UNKEYED = STRATEGIES.filter(({ key }) => key === null).map(({ name }) => name);
const HEALTH = { intervalMs: 1_000, unhealthyAfter: 3, healthyAfter: 2 };

const between = (picks: readonly Pick[], fromS: number, toS: number): readonly Pick[] =>
  picks.filter(({ atMs }) => atMs >= fromS * 1000 && atMs < toS * 1000);
const of = (picks: readonly Pick[], backend: string): readonly Pick[] =>
  picks.filter((pick) => pick.backend === backend);
/** A backend's part of the picks in these seconds. */
function share({ picks }: Lived, backend: string, fromS: number, toS: number): number {
  const seen = between(picks, fromS, toS);
  return of(seen, backend).length / seen.length;
}

describe('a backend that fails fast', () => {
  const fails: Fault = { kind: 'errors', ...at('b0', 5, 15), status: 500, share: 1, retryAfterMs: 0 };
  // As the tail benchmark has it: eight backends, 60 % busy, one of which answers errors in a millisecond for 10 s.
  const sketch = { backends: 8, perSecond: 768, seconds: 20, faults: [fails], traffic: { serviceMs: 25 } };

  for (const strategy of NAMES) {
    test(`${strategy}: costs 0.2 % of the requests at most (HAProxy, nginx, Caddy: 45 to 48 %)`, () => {
      const lived = live({ ...sketch, strategy });
      const asked = lived.endings.filter(({ atMs }) => atMs >= 5_000 && atMs < 15_000).length;
      assert.ok(errors(lived) / asked <= 0.002, `${errors(lived)} of ${asked}`);
    });

    test(`${strategy}: costs nothing with one retry`, () => {
      const gateway: Fault = { ...fails, status: 503 };
      const lived = live({ ...sketch, strategy, faults: [gateway], pool: { retry: DEFAULT_RETRY } });
      assert.equal(errors(lived), 0);
    });
  }
});

describe('retries', () => {
  test('go elsewhere, not to the server that has just failed (traefik #2723, since 2018)', () => {
    const faults: Fault[] = [{ kind: 'crash', ...at('b0', 2, 30) }];
    const retry = { ...DEFAULT_RETRY, budgetShare: 1 };
    const lived = live({ backends: 2, faults, pool: { retry, circuit: null } });
    assert.equal(errors(lived), 0);
    const byExchange = new Map<number, string[]>();
    for (const { exchange, backend } of lived.picks)
      byExchange.set(exchange, [...(byExchange.get(exchange) ?? []), backend]);
    const retried = [...byExchange.values()].filter((backends) => backends.length > 1);
    assert.ok(retried.length > 100);
    for (const backends of retried) assert.deepEqual(backends, ['b0', 'b1']);
  });

  test('with all down, cost a fifth more and what the rate allows, not a multiple', () => {
    const faults: Fault[] = [{ kind: 'errors', ...at('*', 0, 30), status: 503, share: 1, retryAfterMs: 0 }];
    const retry = { ...DEFAULT_RETRY, attempts: 5 };
    const lived = live({ faults, perSecond: 300, pool: { retry, panicThreshold: 1 } });
    const retries = lived.picks.length - lived.endings.length;
    assert.ok(retries <= 0.2 * lived.endings.length + 10 * 31, `${retries} for ${lived.endings.length}`);
    assert.ok(retries > 0.15 * lived.endings.length, 'and are made');
  });

  test('of what may not be carried out twice are made only while nothing was sent (caddy #5454)', () => {
    const faults: Fault[] = [
      { kind: 'crash', ...at('b0', 1, 20) },
      { kind: 'errors', ...at('b1', 1, 20), status: 503, share: 0.3, retryAfterMs: 0 },
    ];
    const lived = live({ backends: 3, faults, traffic: { unsafe: 1, streamed: 0.5 }, pool: { retry: DEFAULT_RETRY } });
    const refused = lived.ends.filter(({ outcome }) => outcome === Outcome.connectFailure).length;
    assert.ok(refused > 5 && errors(lived) > 5);
    const failed = lived.ends.filter(({ outcome }) => outcome === Outcome.gatewayError).length;
    assert.equal(lived.endings.filter(({ status }) => status === Outcome.gatewayError).length, failed);
  });
});

describe('probes', () => {
  const lie = (fromS: number, toS: number): Fault => ({ kind: 'probes-say', ...at('*', fromS, toS), ok: false });

  for (const backends of [1, 3])
    test(`fail under load while the application works: no request is refused (frankendeploy #94: 4531 were), ${backends}`, () => {
      const lived = live({ backends, faults: [lie(5, 40)], seconds: 50, pool: { health: HEALTH } });
      assert.equal(errors(lived), 0);
      assert.ok(lived.result.coverage.of('last resort') > 1_000);
    });

  test('that fail once or twice take nothing out (traefik #12390, caddy #6152)', () => {
    const lived = live({ strategy: 'round-robin', faults: [lie(5, 6.5)], pool: { health: HEALTH } });
    assert.equal(lived.result.coverage.of('probe down'), 0);
    for (const backend of ['b0', 'b1', 'b2', 'b3'])
      assert.ok(Math.abs(share(lived, backend, 5, 9) - 0.25) < 0.01, backend);
  });

  test('what is well again after minutes is used again, without a change of the configuration (Kong #7566)', () => {
    const faults: Fault[] = [{ kind: 'crash', ...at('b1', 10, 200) }];
    const health = { ...HEALTH, intervalMs: 2_000 };
    for (const strategy of UNKEYED) {
      const lived = live({ strategy, faults, seconds: 300, perSecond: 20, pool: { health, slowStartMs: 5_000 } });
      assert.equal(of(between(lived.picks, 30, 199), 'b1').length, 0, strategy);
      assert.ok(share(lived, 'b1', 250, 300) > 0.15, `${strategy}: ${share(lived, 'b1', 250, 300)}`);
    }
  });

  test('slow start gives traffic from the first second on, and more from second to second (envoy #19437)', () => {
    const faults: Fault[] = [{ kind: 'crash', ...at('b1', 5, 20) }];
    const pool = { health: { ...HEALTH, healthyAfter: 1 }, slowStartMs: 20_000 };
    const lived = live({ strategy: 'round-robin', faults, seconds: 60, pool });
    const [soon, later, full] = [share(lived, 'b1', 22, 26), share(lived, 'b1', 32, 36), share(lived, 'b1', 45, 60)];
    assert.ok(soon > 0.03 && soon < later && later < full && Math.abs(full - 0.25) < 0.01, `${soon} ${later} ${full}`);
  });
});

describe('balancing', () => {
  for (const strategy of UNKEYED)
    test(`${strategy}: does not starve one of five equal servers that was slow once (traefik #12306: 5 of 1500)`, () => {
      const faults: Fault[] = [{ kind: 'brown-out', ...at('b3', 0, 3), times: 30 }];
      const lived = live({ strategy, backends: 5, faults, seconds: 60, perSecond: 50 });
      assert.ok(share(lived, 'b3', 30, 60) > 0.1, `${share(lived, 'b3', 30, 60)}`);
    });

  for (const strategy of ['least-connections', 'adaptive', 'two-choices'])
    test(`${strategy}: a host that is slow to accept gets no pile-up: what waits for a connection counts (envoy #44989)`, () => {
      const faults: Fault[] = [{ kind: 'slow-accept', ...at('b0', 5, 25), acceptMs: 300 }];
      const lived = live({ strategy, faults, perSecond: 200 });
      assert.ok(share(lived, 'b0', 6, 25) < 0.12, `${share(lived, 'b0', 6, 25)}`);
    });

  test('round-robin is even over all workers, not in each by itself (envoy #37369)', () => {
    const lived = live({ strategy: 'round-robin', workers: 4, backends: 5 });
    const counts = [...shares(lived.picks).values()];
    assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, counts.join());
  });

  for (const strategy of UNKEYED)
    test(`${strategy}: after an outage of all, traffic does not collapse onto the one that stays dead (undici #4839)`, () => {
      const faults: Fault[] = [
        { kind: 'crash', ...at('*', 5, 15) },
        { kind: 'crash', ...at('b2', 5, 60) },
      ];
      const lived = live({ strategy, faults, seconds: 60 });
      assert.ok(share(lived, 'b2', 20, 60) < 0.03, `b2 gets ${share(lived, 'b2', 20, 60)}`);
      for (const backend of ['b0', 'b1', 'b3']) {
        const part = share(lived, backend, 25, 60);
        assert.ok(part > 0.2 && part < 0.5, `${backend} gets ${part}`);
      }
    });

  test('weights follow the backend and not its place in the list when the first one goes', () => {
    const backends = [1, 4, 2, 1].map((weight) => ({ weight }));
    const left = backends.slice(1).map(({ weight }, place) => ({ id: `b${place + 1}`, weight, tier: 0 }));
    const faults: Fault[] = [{ kind: 'reload', atMs: 10_000, pool: 'app', change: { backends: left } }];
    const lived = live({ strategy: 'round-robin', backends, faults });
    assert.equal(share(lived, 'b0', 11, 30), 0);
    for (const [backend, part] of [
      ['b1', 4 / 7],
      ['b2', 2 / 7],
      ['b3', 1 / 7],
    ] as const)
      assert.ok(Math.abs(share(lived, backend, 11, 30) - part) < 0.01, backend);
  });
});

describe('membership', () => {
  test('requests in flight stay counted when the list changes, so new nodes get the new ones (apisix #13666)', () => {
    const grown = ['b0', 'b1', 'n0', 'n1'].map((id) => ({ id, weight: 1, tier: 0 }));
    const faults: Fault[] = [{ kind: 'reload', atMs: 20_000, pool: 'app', change: { backends: grown } }];
    // Every answer lasts for minutes, as WebSockets do.
    const lived = live({ backends: 2, faults, seconds: 30, perSecond: 10, traffic: { long: 1 } });
    const before = between(lived.picks, 0, 19);
    const parts = shares(lived.picks, 20_100, 30_000);
    const newcomers = (parts.get('n0') ?? 0) + (parts.get('n1') ?? 0);
    assert.ok(before.length > 150 && newcomers > 80, `${newcomers} of the first hundred go to the new ones`);
    assert.ok((parts.get('b0') ?? 0) + (parts.get('b1') ?? 0) < 10);
  });

  test('an open circuit stays open over a reload that changes a weight (caddy #7037: failures are forgotten)', () => {
    const heavier = [2, 1, 1, 1].map((weight, place) => ({ id: `b${place}`, weight, tier: 0 }));
    const faults: Fault[] = [
      { kind: 'crash', ...at('b0', 5, 30) },
      { kind: 'reload', atMs: 8_000, pool: 'app', change: { backends: heavier } },
    ];
    const circuit = { ...DEFAULT_CIRCUIT, openForMs: 20_000 };
    const lived = live({ faults, pool: { circuit } });
    const late = of(between(lived.picks, 6, 22), 'b0');
    assert.deepEqual(late, []);
  });

  test('a row that is given to another backend takes nothing of the old one along', () => {
    const faults: Fault[] = [{ kind: 'crash', ...at('b1', 1, 60) }];
    const names = [
      ['b0', 'c1'],
      ['b0', 'c2'],
      ['b0', 'c3'],
      ['b0', 'c4'],
    ];
    names.forEach((ids, turn) => {
      const backends = ids.map((id) => ({ id, weight: 1, tier: 0 }));
      faults.push({ kind: 'reload', atMs: 5_000 * (turn + 1), pool: 'app', change: { backends } });
    });
    const lived = live({ strategy: 'round-robin', backends: 2, slots: 3, faults, seconds: 40, perSecond: 40 });
    assert.ok(lived.result.coverage.of('slot reused') >= 1);
    assert.ok(Math.abs(share(lived, 'c4', 21, 40) - 0.5) < 0.01);
  });

  test('requests of an older plan do not follow a row to the backend that has it next', () => {
    const faults: Fault[] = [{ kind: 'crash', ...at('b1', 0, 60) }];
    ['c1', 'c2', 'c3', 'c4', 'c5', 'c6'].forEach((id, turn) => {
      const backends = ['b0', id].map((name) => ({ id: name, weight: 1, tier: 0 }));
      faults.push({ kind: 'crash', ...at(id, 0, 60) });
      faults.push({ kind: 'reload', atMs: 2_000 + 100 * turn, pool: 'app', change: { backends } });
    });
    const retry = { ...DEFAULT_RETRY, attempts: 10, backoffBaseMs: 250, budgetShare: 1 };
    const pool = { retry, circuit: null };
    // The watch holds every pick to it.
    const lived = live({ backends: 2, slots: 3, faults, seconds: 4, perSecond: 300, pool, traffic: { serviceMs: 1 } });
    assert.ok(lived.result.coverage.of('slot reused') >= 2);
    assert.ok(lived.result.coverage.of('retry under an old plan') >= 10);
  });

  test('plans that share a strategy do not see each other’s candidates', () => {
    const tiers = (...of: number[]): { id: string; weight: number; tier: number }[] =>
      of.map((tier, place) => ({ id: `b${place}`, weight: 1, tier }));
    const faults: Fault[] = [
      { kind: 'errors', ...at('*', 0, 30), status: 503, share: 0.7, retryAfterMs: 0 },
      { kind: 'reload', atMs: 5_000, pool: 'app', change: { backends: tiers(1, 1, 0, 0) } },
      { kind: 'reload', atMs: 6_000, pool: 'app', change: { backends: tiers(0, 1, 1, 0) } },
    ];
    const retry = { ...DEFAULT_RETRY, attempts: 10, backoffBaseMs: 250, budgetPerSecond: 1_000 };
    for (const strategy of NAMES) {
      const pool = { retry, circuit: null };
      const lived = live({ strategy, backends: tiers(0, 0, 1, 1), faults, seconds: 8, pool });
      assert.ok(lived.result.coverage.of('retry under an old plan') > 10, strategy);
    }
  });
});

describe('circuits', () => {
  test('every ejection takes as many failures as configured, the fifth like the first (envoy #40697)', () => {
    const faults: Fault[] = [{ kind: 'flap', ...at('b0', 5, 100), periodMs: 7_000 }];
    const circuit = {
      ...DEFAULT_CIRCUIT,
      outlier: false,
      failureRatio: 1,
      minRequests: 1_000_000,
      openForMs: 500,
      maxOpenForMs: 2_000,
    };
    const lived = live({ faults, seconds: 100, workers: 1, pool: { circuit } });
    const { coverage } = lived.result;
    assert.ok(coverage.of('open: streak') >= 5);
    // Each opening five failures, each failed trial one; what was in flight besides was sent before it opened.
    const failed = lived.ends.filter(({ backend, outcome }) => backend === 'b0' && outcome === Outcome.connectFailure);
    const counted = 5 * coverage.of('open: streak') + coverage.of('open: trial failed');
    assert.ok(failed.length <= counted + 5, `${failed.length} failures, ${counted} of which counted`);
  });

  test('workers agree at once: none sends anything to what another has taken out (apisix #13888)', () => {
    const faults: Fault[] = [{ kind: 'crash', ...at('b0', 5, 30) }];
    const circuit = { ...DEFAULT_CIRCUIT, openForMs: 60_000, maxOpenForMs: 60_000 };
    const lived = live({ workers: 4, faults, perSecond: 400, pool: { circuit } });
    const sent = of(between(lived.picks, 5, 30), 'b0');
    assert.ok(sent.length <= 10, `${sent.length} requests, from workers ${sent.map(({ worker }) => worker).join()}`);
  });

  test('one failure after a silent hour trips nothing, nor one of few requests (traefik #10963)', () => {
    const phases = [
      { forMs: 5_000, from: 20, to: 20 },
      { forMs: 3_600_000, from: 0, to: 0 },
      { forMs: 5_000, from: 2, to: 2 },
    ];
    const after: Fault = { kind: 'errors', ...at('*', 3_605, 3_610), status: 503, share: 1, retryAfterMs: 0 };
    const before: Fault = { ...after, ...at('*', 0, 5), share: 0.2 };
    const circuit = { ...DEFAULT_CIRCUIT, consecutiveFailures: 100 };
    const lived = live({ backends: 2, faults: [before, after], traffic: { phases }, pool: { circuit } });
    assert.equal(lived.result.coverage.of('silent hour'), 1);
    assert.ok(errors(lived) > 15);
    assert.equal(lived.result.coverage.of('open: ratio') + lived.result.coverage.of('open: streak'), 0);
  });

  test('the last backend stays, however it fails', () => {
    const faults: Fault[] = [
      { kind: 'errors', ...at('*', 5, 15), status: 500, share: 1, retryAfterMs: 0 },
      { kind: 'probes-say', ...at('b0', 0, 20), ok: false },
    ];
    const lived = live({ backends: 2, faults, pool: { health: HEALTH, circuit: { ...DEFAULT_CIRCUIT, maxOpen: 1 } } });
    assert.ok(lived.result.coverage.of('held: last') >= 1);
    assert.equal(of(between(lived.picks, 4, 19), 'b1').length, between(lived.picks, 4, 19).length);
    assert.equal(lived.endings.filter(({ ending }) => ending !== 'answered').length, 0, 'the client sees its answers');
  });

  test('tier 1 takes over as tier 0 fails, and gives back', () => {
    const backends = [0, 0, 1].map((tier) => ({ tier }));
    const faults: Fault[] = [
      { kind: 'crash', ...at('b0', 5, 20) },
      { kind: 'crash', ...at('b1', 5, 20) },
    ];
    const retry = { ...DEFAULT_RETRY, attempts: 2 };
    const pool = { retry, circuit: { ...DEFAULT_CIRCUIT, maxOpen: 1 }, panicThreshold: 0 };
    const lived = live({ backends, faults, seconds: 60, pool });
    assert.ok(share(lived, 'b2', 6, 20) > 0.98, `${share(lived, 'b2', 6, 20)}`);
    assert.equal(share(lived, 'b2', 55, 60), 0);
    assert.equal(errors(lived), 0);
  });

  test('a trial that died with its worker does not keep the backend out', () => {
    const faults: Fault[] = [
      { kind: 'crash', ...at('b0', 2, 4) },
      { kind: 'pause', ...at('b0', 4, 12) },
      { kind: 'worker-death', worker: 0, atMs: 4_000, noticedMs: 20, backMs: 200, locked: true, inTrial: true },
      { kind: 'worker-death', worker: 1, atMs: 4_000, noticedMs: 20, backMs: 200, locked: false, inTrial: true },
    ];
    const lived = live({ faults, seconds: 60 });
    assert.ok(lived.result.coverage.of('half-open: trial lost') >= 1);
    assert.ok(share(lived, 'b0', 50, 60) > 0.2);
  });

  test('a backend behind which only tunnels end comes back (a trial is judged by its answer, not by its end)', () => {
    const faults: Fault[] = [{ kind: 'crash', ...at('b0', 2, 10) }];
    const lived = live({ faults, seconds: 40, perSecond: 20, traffic: { long: 1 }, strategy: 'round-robin' });
    assert.ok(share(lived, 'b0', 30, 40) > 0.2, `${share(lived, 'b0', 30, 40)}`);
  });

  for (const startMs of [2 ** 31 - 15_000, 2 ** 32 - 15_000])
    test(`time wraps at ${startMs + 15_000} ms without anybody noticing`, () => {
      const faults: Fault[] = [{ kind: 'flap', ...at('b0', 5, 25), periodMs: 3_000 }];
      const pool = { health: HEALTH, retry: DEFAULT_RETRY };
      const wrapped = live({ startMs, faults, pool });
      const plain = live({ startMs: startMs + 100_000, faults, pool });
      assert.equal(errors(wrapped), 0);
      const counts = ({ result }: Lived): number[] =>
        (['open: streak', 'half-open: due', 'closed: recovered'] as const).map((name) => result.coverage.of(name));
      assert.deepEqual(counts(wrapped), counts(plain));
    });
});

describe('hedges', () => {
  test('are made elsewhere, and the loser stays counted: the sick backend does not look idle', () => {
    const faults: Fault[] = [{ kind: 'brown-out', ...at('b0', 5, 25), times: 50 }];
    const hedge = { after: { quantile: 0.95 }, budget: 0.05 };
    const lived = live({ strategy: 'round-robin', faults, pool: { hedge } });
    const { coverage } = lived.result;
    assert.ok(coverage.of('hedge won') > 50 && coverage.of('loser drained') > 50);
    const hedges = lived.picks.length - lived.endings.length;
    assert.ok(hedges <= 0.05 * lived.endings.length, `${hedges} of ${lived.endings.length}`);
  });
});
