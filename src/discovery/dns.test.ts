import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { planOf } from '../../test/support/plans.ts';
import { LogRecord, VirtualTimers } from '../../test/support/virtual-timers.ts';
import { DnsDiscovery } from './dns.ts';
import type { Resolution } from './resolve.ts';

function setUp() {
  const timers = new VirtualTimers();
  const log = new LogRecord();
  const state = { answer: { addresses: ['10.0.0.1'], ttlMs: 5_000 } as Resolution | Error, asked: [] as number[] };
  const changes: [slot: number, kind: string][] = [];
  const dns = new DnsDiscovery({
    resolve: (host) => {
      assert.equal(host, 'app.internal');
      state.asked.push(timers.nowMs());
      return state.answer instanceof Error ? Promise.reject(state.answer) : Promise.resolve(state.answer);
    },
    timers,
    log,
    onChange: (slot, standing) => changes.push([slot, standing.kind]),
  });
  return { dns, timers, log, state, changes };
}

/** Backends with these URLs, in slots 0, 1, …. */
function plan(...urls: string[]) {
  let slot = 0;
  const context = {
    revision: 1,
    assignSlot: () => slot++,
    assignRouteRow: () => 1,
    assignPoolRow: () => 0,
    assignLimitRow: () => 0,
    controlSocket: '',
    cpus: 1,
    memoryBytes: 1024 ** 3,
  };
  return planOf({ pools: [{ backends: urls.map((url) => ({ id: url, url })) }] }, context);
}

describe('discovery by DNS', () => {
  test('only names are resolved', async () => {
    const { dns, timers, state } = setUp();
    dns.apply(plan('http://10.1.1.1:80', 'http://[::1]:80', 'http://app.internal:3000'));
    await timers.advance(0);
    assert.equal(state.asked.length, 1);
    assert.equal(dns.standing(0), undefined);
    assert.deepEqual(dns.addresses(), { 2: ['10.0.0.1'] });
  });

  test('an answer is asked for again when its time is over, within bounds', async () => {
    const { dns, timers, state } = setUp();
    dns.apply(plan('http://app.internal:3000'));
    await timers.advance(5_000);
    assert.deepEqual(state.asked, [0, 5_000]);
    state.answer = { addresses: ['10.0.0.1'], ttlMs: 0 };
    await timers.advance(5_000);
    state.answer = { addresses: ['10.0.0.1'], ttlMs: 3_600_000 };
    await timers.advance(1_000);
    await timers.advance(60_000);
    assert.deepEqual(state.asked, [0, 5_000, 10_000, 11_000, 71_000]);
  });

  test('a change is told once, whatever the order of addresses', async () => {
    const { dns, timers, state, changes } = setUp();
    state.answer = { addresses: ['10.0.0.2', '10.0.0.1'], ttlMs: 1_000 };
    dns.apply(plan('http://app.internal:3000'));
    await timers.advance(0);
    state.answer = { addresses: ['10.0.0.1', '10.0.0.2'], ttlMs: 1_000 };
    await timers.advance(1_000);
    state.answer = { addresses: ['10.0.0.1', '10.0.0.3'], ttlMs: 1_000 };
    await timers.advance(1_000);
    assert.deepEqual(changes, [
      [0, 'resolved'],
      [0, 'resolved'],
    ]);
    assert.deepEqual(dns.addresses(), { 0: ['10.0.0.1', '10.0.0.3'] });
  });

  test('a failure keeps the last good answer, and is logged once', async () => {
    const { dns, timers, log, state } = setUp();
    dns.apply(plan('http://app.internal:3000'));
    await timers.advance(0);
    state.answer = new Error('SERVFAIL');
    await timers.advance(20_000);
    assert.deepEqual(dns.addresses(), { 0: ['10.0.0.1'] });
    assert.deepEqual(log.lines, ['warn app.internal does not resolve; its last addresses stay in use']);
    state.answer = { addresses: ['10.0.0.1'], ttlMs: 60_000 };
    await timers.advance(2_000);
    assert.equal(log.lines.at(-1), 'info app.internal resolves again');
  });

  test('a name that never resolved says so, until it does', async () => {
    const { dns, timers, state, changes } = setUp();
    state.answer = new Error('ENOTFOUND');
    dns.apply(plan('http://app.internal:3000'));
    await timers.advance(0);
    assert.deepEqual(dns.standing(0), { kind: 'unresolved', detail: 'name app.internal does not resolve' });
    state.answer = { addresses: [], ttlMs: null };
    await timers.advance(2_000);
    assert.equal(dns.standing(0)?.kind, 'unresolved', 'an empty answer is none');
    state.answer = { addresses: ['10.0.0.9'], ttlMs: null };
    await timers.advance(2_000);
    assert.deepEqual(changes, [
      [0, 'unresolved'],
      [0, 'resolved'],
    ]);
  });

  test('a name that the next plan keeps is not resolved anew, and one that it drops is let go', async () => {
    const { dns, timers, state } = setUp();
    dns.apply(plan('http://app.internal:3000'));
    await timers.advance(0);
    dns.apply(plan('http://app.internal:3000'));
    await timers.advance(0);
    assert.equal(state.asked.length, 1);
    dns.apply(plan('http://10.0.0.1:3000'));
    await timers.advance(60_000);
    assert.equal(state.asked.length, 1);
    assert.deepEqual(dns.addresses(), {});
  });
});
