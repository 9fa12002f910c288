/** One of four backends answers badly under load: what may be made again is, what may not is told as it is. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { CircuitState } from '#core/health/circuit.ts';
import { Outcome } from '#core/outcome.ts';
import { until } from '../support/until.ts';
import { BackendProcess } from './support/backend-process.ts';
import type { Behaviour } from './support/behaviour.ts';
import { timesReceived } from './support/journal.ts';
import { Load } from './support/load.ts';
import type { LoadResult } from './support/load-result.ts';
import { Rig } from './support/rig.ts';

const PER_SECOND = 400;
/** More than any test here makes again. */
const AMPLE = { attempts: 1, budget: { share: '100%', minPerSecond: 1000 } };

interface Failed {
  readonly rig: Rig;
  readonly result: LoadResult;
  readonly backends: readonly BackendProcess[];
  readonly victim: BackendProcess;
}

/** GETs; one backend misbehaves until its circuit opens and for a while after, then is well until it serves again. */
async function fails(t: TestContext, wrong: Partial<Behaviour> | 'refuse', retry: object = {}): Promise<Failed> {
  const backends = await BackendProcess.many(t, 4);
  const rig = await Rig.start(t, { backends, pool: { retry: { ...AMPLE, ...retry }, circuit: { openFor: '300ms' } } });
  const victim = backends[1]!;
  const load = Load.start(t, { port: rig.port, perSecond: PER_SECOND });
  await load.answered(100);
  await (wrong === 'refuse' ? victim.refuse() : victim.set(wrong));
  await rig.untilSeenOpen(victim.id);
  await load.answered(PER_SECOND);
  await (wrong === 'refuse' ? victim.listen() : victim.set({ mode: 'answer', failShare: 0 }));
  await rig.untilCircuit(victim.id, CircuitState.closed);
  const before = victim.journal.answered;
  await until('it serves again', () => victim.journal.answered >= before + 20);
  const result = await load.stop();
  await rig.quiet();
  return { rig, result, backends, victim };
}

test('one refuses connections: no client notices', async (t) => {
  const { rig, result, victim } = await fails(t, 'refuse');
  result.assertNoError();
  assert.ok(rig.outcome(victim.id, Outcome.connectFailure) > 0);
  assert.equal(rig.retries, rig.failures(victim.id));
  assert.equal(rig.counted('failovers'), rig.retries);
});

for (const mode of ['reset', 'close'] as const) {
  test(`one ends connections without an answer (${mode}): no client of a GET notices`, async (t) => {
    const { rig, result, victim } = await fails(t, { mode });
    result.assertNoError();
    assert.equal(rig.outcome(victim.id, Outcome.reset), rig.failures(victim.id));
    assert.equal(rig.retries, rig.failures(victim.id));
  });
}

test('a burst of 503: no client of a GET notices, and each is counted at both ends', async (t) => {
  const { rig, result, victim } = await fails(t, { failShare: 1, failStatus: 503 });
  result.assertNoError();
  assert.equal(rig.outcome(victim.id, Outcome.gatewayError), victim.journal.failed);
  assert.equal(rig.retries, victim.journal.failed);
});

for (const mode of ['cut', 'cut-clean'] as const) {
  test(`answers that break off (${mode}): the client sees the cut, and nothing is made again`, async (t) => {
    const { rig, result, backends, victim } = await fails(t, { mode });
    assert.ok(result.errors.length > 0);
    for (const { status, ending, backend } of result.errors)
      assert.deepEqual({ status, ending, backend }, { status: 200, ending: 'cut', backend: victim.id });
    assert.equal(rig.outcome(victim.id, Outcome.truncated), result.errors.length);
    assert.equal(rig.retries, 0);
    for (const [id, times] of timesReceived(backends.map(({ journal }) => journal))) assert.equal(times, 1, id);
  });
}

test('bytes that are no HTTP: no client of a GET notices', async (t) => {
  const { rig, result, victim } = await fails(t, { mode: 'garbage' });
  result.assertNoError();
  assert.ok(rig.outcome(victim.id, Outcome.invalid) > 0);
  assert.equal(rig.retries, rig.outcome(victim.id, Outcome.invalid));
});

test('bytes that are no HTTP, where they are not on the list: never passed on, told as such, until the circuit opens', async (t) => {
  const { rig, result, victim } = await fails(t, { mode: 'garbage' }, { on: ['reset'] });
  assert.ok(result.errors.length > 0);
  for (const { status, ending, reason, backend } of result.errors)
    assert.deepEqual(
      { status, ending, reason, backend },
      { status: 502, ending: 'whole', reason: 'upstream-invalid', backend: '' },
    );
  assert.equal(rig.outcome(victim.id, Outcome.invalid), result.errors.length);
});

test('a third of the requests at one backend fail: no client of a GET notices, circuit or not', async (t) => {
  const backends = await BackendProcess.many(t, 4);
  const rig = await Rig.start(t, { backends, pool: { retry: AMPLE, circuit: null } });
  const victim = backends[2]!;
  await victim.set({ failShare: 1 / 3, failStatus: 502 });
  const load = Load.start(t, { port: rig.port, perSecond: PER_SECOND });
  await load.answered(600);
  const result = await load.stop();
  result.assertNoError();
  await rig.quiet();
  assert.ok(victim.journal.failed > 20);
  assert.equal(rig.retries, victim.journal.failed);
  assert.equal(rig.counted('failovers'), victim.journal.failed);
});

test('Retry-After of the only backend is waited for', async (t) => {
  const [only] = (await BackendProcess.many(t, 1, { failShare: 1, retryAfter: '1' })) as [BackendProcess];
  const rig = await Rig.start(t, { backends: [only], pool: { retry: AMPLE, circuit: null } });
  const load = Load.start(t, { port: rig.port, perSecond: 20 });
  await until('it has failed', () => only.journal.failed >= 5);
  await only.set({ failShare: 0 });
  const result = await load.stop();
  result.assertNoError();
  const { entries } = only.journal;
  const waited = result.answers.filter(({ id }) => entries.get(id)?.failed === 1);
  assert.ok(waited.length >= 5);
  for (const { ms } of waited) assert.ok(ms >= 1000, `made again after ${ms} ms`);
});

test('Retry-After that is longer than the total time: the 503 goes to the client with it, at once', async (t) => {
  const [only] = (await BackendProcess.many(t, 1, { failShare: 1, retryAfter: '3600' })) as [BackendProcess];
  const rig = await Rig.start(t, { backends: [only], pool: { retry: AMPLE, circuit: null } });
  const load = Load.start(t, { port: rig.port, perSecond: 50 });
  await load.answered(10);
  const result = await load.stop();
  for (const { status, retryAfter, backend, ending } of result.answers)
    assert.deepEqual(
      { status, retryAfter, backend, ending },
      { status: 503, retryAfter: '3600', backend: only.id, ending: 'whole' },
    );
  assert.equal(rig.retries, 0);
});
