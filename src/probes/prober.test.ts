import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HealthState } from '#core/health-state.ts';
import { layTables, tablesBytes } from '#memory/tables.ts';
import type { Random } from '#core/ports.ts';
import { healthPlan } from '../../test/support/plans.ts';
import { VirtualTimers } from '../../test/support/virtual-timers.ts';
import type { ProbeRequest, ProbeResult } from './probe.ts';
import { Prober, type ProbeTarget, type Transition, type Whereabouts } from './prober.ts';

const SLOT = 2;
const HEALTH = healthPlan({ intervalMs: 1_000, jitter: 0, unhealthyAfter: 2, healthyAfter: 2 });

function target(part: Partial<ProbeTarget> = {}): ProbeTarget {
  const address = { kind: 'tcp', host: 'app', port: 80 } as const;
  return { pool: 'p', backend: 'b', slot: SLOT, address, authority: 'app:80', health: HEALTH, tlsName: null, ...part };
}

function setUp({
  random = () => 0.5,
  where = { kind: 'at', addresses: [] },
}: { random?: Random; where?: Whereabouts } = {}) {
  const capacity = { workers: 1, slots: 8, routes: 2, pools: 1, limits: 1, bucketSets: 2 };
  const { slots } = layTables(new ArrayBuffer(tablesBytes(capacity)), capacity);
  const timers = new VirtualTimers();
  const state = { ok: true, where, asked: [] as { at: number; request: ProbeRequest }[] };
  const transitions: Transition[] = [];
  let hold: Promise<void> | null = null;
  const probe = async (request: ProbeRequest): Promise<ProbeResult> => {
    state.asked.push({ at: timers.nowMs(), request });
    const ok = state.ok;
    await hold;
    return { ok, ms: 3, detail: ok ? 'status 200' : 'connection refused' };
  };
  const prober = new Prober(target(), {
    probe,
    slots,
    timers,
    random,
    whereabouts: () => state.where,
    tlsContext: () => undefined,
    onTransition: (transition) => transitions.push(transition),
  });
  return { prober, slots, timers, state, transitions, holdProbes: (until: Promise<void> | null) => (hold = until) };
}

describe('prober', () => {
  test('the first probe comes within 100 ms and decides', async () => {
    const { slots, timers, state, transitions } = setUp({ random: () => 0.999 });
    await timers.advance(100);
    assert.equal(state.asked.length, 1);
    assert.equal(slots.health[SLOT], HealthState.healthy);
    assert.deepEqual(transitions, [
      { pool: 'p', backend: 'b', slot: SLOT, from: HealthState.unknown, to: HealthState.healthy, reason: 'status 200' },
    ]);
  });

  test('every change of state is written, told, and moves the epoch; a probe that changes nothing does not', async () => {
    const { prober, slots, timers, state, transitions } = setUp();
    await timers.advance(1_050);
    const epoch = slots.epoch[0] as number;
    assert.equal(epoch, 1);
    state.ok = false;
    await timers.advance(2_000);
    state.ok = true;
    await timers.advance(2_000);
    const states = transitions.map((transition) => transition.to);
    const { healthy, falling, unhealthy, rising } = HealthState;
    assert.deepEqual(states, [healthy, falling, unhealthy, rising, healthy]);
    assert.equal(slots.epoch[0], states.length);
    assert.deepEqual([prober.successes, prober.failures], [4, 2]);
    assert.deepEqual(prober.last, { ok: true, ms: 3, detail: 'status 200', at: timers.wallMs() });
  });

  test('waits are spread by the jitter', async () => {
    const draws = [0, 0, 1 - 2 ** -32];
    const { prober, timers, state } = setUp({ random: () => draws.shift() ?? 0.5 });
    prober.retarget(target({ health: { ...HEALTH, jitter: 0.2 } }));
    await timers.advance(5_000);
    const at = state.asked.map((one) => Math.round(one.at));
    // The second first probe belongs to the new settings; draws of 1 and then 0.5 give 1.2 and 1.0 of the interval.
    assert.deepEqual(at, [0, 1_200, 2_200, 3_200, 4_200]);
  });

  test('the next wait begins when a probe has ended', async () => {
    const { timers, state, holdProbes } = setUp();
    let release = (): void => {};
    void holdProbes(new Promise((resolve) => (release = resolve)));
    await timers.advance(10_000);
    assert.equal(state.asked.length, 1);
    release();
    await timers.advance(999);
    assert.equal(state.asked.length, 1);
    await timers.advance(1);
    assert.equal(state.asked.length, 2);
  });

  test('other settings keep the state and begin a new schedule; the same settings change nothing', async () => {
    const { prober, slots, timers, state } = setUp();
    await timers.advance(500);
    prober.retarget(target());
    await timers.advance(500);
    assert.equal(state.asked.length, 1);
    prober.retarget(target({ health: { ...HEALTH, path: '/other' } }));
    await timers.advance(50);
    assert.equal(state.asked.at(-1)?.request.health.path, '/other');
    assert.equal(slots.health[SLOT], HealthState.healthy);
  });

  test('a result from before a change of schedule does not count', async () => {
    const { prober, slots, timers, state, holdProbes } = setUp();
    let release = (): void => {};
    state.ok = false;
    void holdProbes(new Promise((resolve) => (release = resolve)));
    await timers.advance(60);
    prober.stop();
    release();
    await timers.advance(5_000);
    assert.equal(slots.health[SLOT], HealthState.unknown);
    assert.equal(state.asked.length, 1);
  });

  test('a name that is being resolved is waited for; one that leads nowhere fails without a connection', async () => {
    const { prober, slots, timers, state } = setUp({ where: { kind: 'resolving' } });
    await timers.advance(500);
    assert.equal(slots.health[SLOT], HealthState.unknown);
    state.where = { kind: 'nowhere', detail: 'name app does not resolve' };
    await timers.advance(50);
    assert.equal(slots.health[SLOT], HealthState.unhealthy);
    assert.equal(prober.last?.detail, 'name app does not resolve');
    assert.equal(state.asked.length, 0);
  });

  test('the addresses of a name are probed in turn', async () => {
    const { timers, state } = setUp({ where: { kind: 'at', addresses: ['10.0.0.1', '10.0.0.2'] } });
    await timers.advance(2_100);
    const hosts = state.asked.map(({ request: { address } }) => (address.kind === 'tcp' ? address.host : ''));
    assert.deepEqual(hosts, ['10.0.0.1', '10.0.0.2', '10.0.0.1']);
  });
});
