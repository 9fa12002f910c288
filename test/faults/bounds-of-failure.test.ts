/** What failure may cost at most: time, attempts, backends taken out, trials. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CircuitState } from '#core/health/circuit.ts';
import { until } from '../support/until.ts';
import { BackendProcess } from './support/backend-process.ts';
import { Load } from './support/load.ts';
import { Rig } from './support/rig.ts';

/** What the machine may take on top of the times that are configured. */
const SLACK_MS = 8000;
/** The longest wait before a retry, by default. */
const BACKOFF_MS = 250;
const AMPLE = { attempts: 3, budget: { share: '100%', minPerSecond: 1000 } };

test('the total time is kept however many attempts there may be', async (t) => {
  const totalMs = 700;
  const backends = await BackendProcess.many(t, 3, { mode: 'hold' });
  const rig = await Rig.start(t, {
    backends,
    pool: { retry: { ...AMPLE, attempts: 10 }, circuit: null },
    route: { timeouts: { perTry: '200ms', total: `${totalMs}ms` } },
  });
  const load = Load.start(t, { port: rig.port, perSecond: 100 });
  await load.answered(100);
  const result = await load.stop();
  await rig.quiet();
  assert.equal(result.answers.length, result.sent);
  for (const { status, reason, ms } of result.answers) {
    assert.equal(`${status} ${reason}`, '504 upstream-timeout');
    // Where the wait before the next try would outlast it, the answer goes out without that wait.
    assert.ok(ms >= totalMs - BACKOFF_MS && ms < totalMs + SLACK_MS, `${ms} ms`);
  }
  assert.ok(rig.retries > result.sent, 'there was time for more than one retry');
  assert.ok(rig.retries <= result.sent * 3, `${rig.retries} retries of ${result.sent} requests in 700 ms`);
});

test('the total time is kept though the last try could take longer', async (t) => {
  const totalMs = 4000;
  const backends = await BackendProcess.many(t, 2, { mode: 'hold' });
  const rig = await Rig.start(t, {
    backends,
    pool: { retry: AMPLE, circuit: null },
    route: { timeouts: { perTry: '3500ms', total: `${totalMs}ms` } },
  });
  const load = Load.start(t, { port: rig.port, perSecond: 50 });
  await load.answered(1);
  const result = await load.stop();
  await rig.quiet();
  for (const { status, reason, ms } of result.answers) {
    assert.equal(`${status} ${reason}`, '504 upstream-timeout');
    assert.ok(ms >= totalMs && ms < totalMs + SLACK_MS, `${ms} ms`);
  }
  assert.ok(rig.retries > result.sent / 2, 'a second try began, and had not its whole time');
});

test('tier 1 takes over as tier 0 dies, and gives back when it has come back', async (t) => {
  const [a, b, c, d] = (await BackendProcess.many(t, 4)) as [BackendProcess, ...BackendProcess[]];
  const backends = [a, b!, c!, d!];
  const named = backends.map(({ id, url }, at) => ({ id, url, tier: at >> 1 }));
  const rig = await Rig.start(t, { backends: named, pool: { retry: AMPLE } });
  const load = Load.start(t, { port: rig.port, perSecond: 300 });
  await load.answered(150);
  assert.deepEqual([rig.picks('c'), rig.picks('d')], [0, 0]);
  await Promise.all([a.kill(), b!.kill()]);
  await load.answered(300);
  await Promise.all([rig.untilCircuit('a', CircuitState.open), rig.untilCircuit('b', CircuitState.open)]);
  await Promise.all([a.restart(), b!.restart()]);
  await Promise.all([rig.untilCircuit('a', CircuitState.closed), rig.untilCircuit('b', CircuitState.closed)]);
  await load.answered(50);
  const before = rig.picks('c') + rig.picks('d');
  await load.answered(200);
  assert.equal(rig.picks('c') + rig.picks('d'), before, 'tier 1 rests again');
  const result = await load.stop();
  result.assertNoError();
  await rig.quiet();
  assert.ok((result.byBackend.get('c') ?? 0) > 50 && (result.byBackend.get('d') ?? 0) > 50);
});

test('all backends die: every client is told at once and why, and retries stay within their budget', async (t) => {
  const backends = await BackendProcess.many(t, 4);
  const rig = await Rig.start(t, { backends });
  const load = Load.start(t, { port: rig.port, perSecond: 400 });
  await load.answered(100);
  const startMs = performance.now();
  await Promise.all(backends.map((backend) => backend.kill()));
  await load.answered(1200);
  const result = await load.stop();
  const seconds = (performance.now() - startMs) / 1000;
  await rig.quiet();
  assert.equal(result.answers.length, result.sent);
  assert.ok(result.errors.length > 1000);
  const told = new Set(result.errors.map(({ status, ending, reason }) => `${status} ${ending} ${reason}`));
  for (const kind of told)
    assert.match(kind, /^(502 whole (connect-failed|upstream-reset)|503 whole (circuit-open|no-backend))$/);
  assert.ok(result.maxMs < SLACK_MS, `longest ${result.maxMs} ms`);
  const picks = backends.reduce((sum, { id }) => sum + rig.picks(id), 0);
  // A share of 20 %, 10 a second, and the second's worth of them that it starts with.
  const most = 0.2 * result.sent + 10 * (seconds + 1) + 10;
  assert.ok(rig.retries <= most, `${rig.retries} retries, ${most} allowed`);
  assert.ok(picks <= result.sent + most, `${picks} attempts of ${result.sent} requests`);
  assert.ok(rig.counted('budgetExhausted') > 0, 'there would have been more');
  t.diagnostic(`${result.sent} requests, ${picks} attempts, ${rig.retries} retries; ${[...told].sort().join(', ')}`);
});

test('the last eligible backend stays in though all of its requests fail, and that is said', async (t) => {
  const backends = await BackendProcess.many(t, 2);
  const circuit = { maxOpen: '100%', openFor: '30s' };
  const rig = await Rig.start(t, { backends, pool: { circuit, panicThreshold: '0%', retry: null } });
  await Promise.all(backends.map((backend) => backend.set({ failShare: 1, failStatus: 500 })));
  const load = Load.start(t, { port: rig.port, perSecond: 300 });
  await until('one to be taken out', () => backends.some(({ id }) => rig.circuit(id) === CircuitState.open));
  const last = backends.find(({ id }) => rig.circuit(id) === CircuitState.closed);
  assert.ok(last, 'the other is not');
  await load.answered(50);
  const before = rig.picks(last.id);
  await load.answered(300);
  assert.equal(rig.circuit(last.id), CircuitState.closed);
  assert.ok(rig.picks(last.id) >= before + 250);
  await until('the log to say so', () =>
    rig.log.lines.some((line) => line.startsWith(`warn circuit of app/${last.id} stays closed: `)),
  );
  const result = await load.stop();
  assert.ok(result.answers.every(({ status, ending }) => status === 500 && ending === 'whole'));
  await rig.quiet();
});

for (const trials of [1, 3]) {
  test(`half-open: exactly ${trials} at a time reach the backend that is tried`, async (t) => {
    const backends = await BackendProcess.many(t, 3);
    const victim = backends[0]!;
    const rig = await Rig.start(t, {
      backends,
      pool: { retry: AMPLE, circuit: { trials, openFor: '300ms', maxOpenFor: '300ms' } },
      route: { timeouts: { perTry: '12s', total: '20s' } },
    });
    const load = Load.start(t, { port: rig.port, perSecond: 300 });
    await load.answered(60);
    await victim.set({ failShare: 1, failStatus: 503 });
    await rig.untilCircuit(victim.id, CircuitState.open);
    await until('nothing to be in flight there', () => rig.inFlight(victim.id) === 0);
    await victim.set({ failShare: 0, mode: 'hold' });
    const before = victim.journal.received;
    await until('all trials to be there', () => rig.trials(victim.id) === trials && rig.inFlight(victim.id) === trials);
    await load.answered(300);
    assert.equal(rig.circuit(victim.id), CircuitState.halfOpen);
    assert.equal(rig.inFlight(victim.id), trials);
    const { received } = victim.journal;
    assert.ok(received >= before + trials && received <= before + trials + 1, `${received - before} came`);
    await victim.set({ mode: 'answer' });
    await victim.release();
    await rig.untilCircuit(victim.id, CircuitState.closed);
    await load.answered(60);
    const result = await load.stop();
    result.assertNoError();
    await rig.quiet();
  });
}

test('a backend that hangs: hedges answer in its place', async (t) => {
  const afterMs = 60;
  const backends = await BackendProcess.many(t, 4);
  const rig = await Rig.start(t, {
    backends,
    pool: { circuit: null, hedge: { after: `${afterMs}ms`, budget: '100%' } },
    route: { timeouts: { perTry: '10s', total: '15s' } },
  });
  const hung = backends[2]!;
  const load = Load.start(t, { port: rig.port, perSecond: 200 });
  await load.answered(100);
  await hung.set({ mode: 'hold' });
  await load.answered(300);
  await hung.set({ mode: 'answer' });
  const result = await load.stop();
  result.assertNoError();
  const waited = result.answers.filter(({ id, backend }) => hung.journal.entries.has(id) && backend !== hung.id);
  assert.ok(waited.length > 40, `${waited.length} were hedged`);
  for (const { ms } of waited) assert.ok(ms >= afterMs && ms < afterMs + SLACK_MS, `${ms} ms`);
  // On a busy machine a good backend may be late as well, and its request's second copy go to the one that hangs, and lose.
  const won = rig.counted('hedgesWon');
  assert.ok(won > 40 && won + rig.counted('hedgesLost') >= waited.length, `${won} won, ${waited.length} waited`);
  assert.equal(rig.retries, 0);
  await hung.release();
  await rig.quiet();
  assert.equal(rig.failures(hung.id), 0, 'what has lost is read to its end');
});
