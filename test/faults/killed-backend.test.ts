/** One of eight backends dies, hangs or is stopped under load: no client that may be served elsewhere notices. */
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { CircuitState } from '#core/health/circuit.ts';
import { Outcome } from '#core/outcome.ts';
import { until } from '../support/until.ts';
import { BackendProcess } from './support/backend-process.ts';
import { timesReceived } from './support/journal.ts';
import { Load } from './support/load.ts';
import type { LoadResult } from './support/load-result.ts';
import { Rig } from './support/rig.ts';

const PER_SECOND = 500;
const EIGHT = 8;
const PROBES = { path: '/healthz', interval: '250ms', timeout: '200ms' };

/** Clients, backends and the balancer have counted the same. */
async function assertAccounts(
  rig: Rig,
  result: LoadResult,
  backends: readonly BackendProcess[],
  dead: string,
): Promise<void> {
  const byBackend = result.byBackend;
  let failures = 0;
  let picks = 0;
  for (const backend of backends) {
    const { id } = backend;
    assert.equal(rig.outcome(id, Outcome.success), byBackend.get(id), `good attempts at ${id}, as clients saw them`);
    if (id !== dead) assert.equal(backend.journal.answered, byBackend.get(id), `answers of ${id}`);
    if (id !== dead) assert.equal(rig.failures(id), 0, `failures of ${id}`);
    failures += rig.failures(id);
    picks += rig.picks(id);
  }
  assert.ok(failures > 0, 'some requests met the backend that failed');
  assert.equal(rig.retries, failures, 'each failed attempt was made again');
  assert.equal(rig.counted('failovers'), failures, 'elsewhere, and answered');
  assert.equal(rig.counted('budgetExhausted'), 0);
  assert.equal(picks, result.sent + failures);
  assert.equal(rig.supervisor.tables.counters.global('retries'), failures);
  const metrics = await rig.read('/metrics');
  assert.equal(sumOf(metrics, 'edgebalancer_retries_total'), failures);
  assert.equal(sumOf(metrics, 'edgebalancer_failovers_total'), failures);
}

/** All samples of a family, added up. */
function sumOf(metrics: string, family: string): number {
  const samples = metrics.split('\n').filter((line) => line.startsWith(`${family}{`));
  assert.ok(samples.length > 0, `${family} is there`);
  return samples.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

async function killedAndBack(t: TestContext, health: object | null): Promise<void> {
  const backends = await BackendProcess.many(t, EIGHT);
  const rig = await Rig.start(t, { backends, pool: { health } });
  const victim = backends[3]!;
  const load = Load.start(t, { port: rig.port, perSecond: PER_SECOND });
  await load.answered(300);
  await victim.kill();
  await rig.untilSeenOpen(victim.id);
  await load.answered(PER_SECOND);
  await victim.restart();
  const before = victim.journal.answered;
  await rig.untilCircuit(victim.id, CircuitState.closed);
  await until('it serves again', () => victim.journal.answered >= before + 20);
  const result = await load.stop();
  result.assertNoError();
  await rig.quiet();
  await assertAccounts(rig, result, backends, victim.id);
  for (const [id, times] of timesReceived(backends.map(({ journal }) => journal)))
    assert.ok(times <= 2, `${id} came ${times} times`);
  t.diagnostic(
    `${result.sent} requests, ${rig.retries} made again; p99 ${result.quantileMs(0.99).toFixed(1)} ms, ` +
      `longest ${result.maxMs.toFixed(0)} ms; ${JSON.stringify(rig.outcomes(victim.id))}`,
  );
}

describe('one of eight is killed (SIGKILL) at 500 GETs a second', () => {
  test('with probes: no client sees an error, and it serves again once it is back', (t) => killedAndBack(t, PROBES));
  test('without probes: the same, by its circuit alone', (t) => killedAndBack(t, null));
});

test('one of eight is stopped (SIGSTOP): requests wait no longer for it than a try may take', async (t) => {
  const perTryMs = 400;
  const backends = await BackendProcess.many(t, EIGHT);
  const rig = await Rig.start(t, { backends, route: { timeouts: { perTry: `${perTryMs}ms`, total: '5s' } } });
  const victim = backends[5]!;
  const load = Load.start(t, { port: rig.port, perSecond: PER_SECOND });
  await load.answered(300);
  await victim.pause();
  await rig.untilCircuit(victim.id, CircuitState.open);
  await load.answered(PER_SECOND);
  await victim.resume();
  await rig.untilCircuit(victim.id, CircuitState.closed);
  const before = victim.journal.answered;
  await until('it serves again', () => victim.journal.answered >= before + 20);
  const result = await load.stop();
  result.assertNoError();
  await rig.quiet();
  assert.equal(rig.retries, rig.failures(victim.id));
  assert.equal(rig.counted('failovers'), rig.retries);
  assert.deepEqual(Object.keys(rig.outcomes(victim.id)).sort(), ['success', 'timeout']);
  t.diagnostic(
    `${rig.retries} of ${result.sent} made again; p99 ${result.quantileMs(0.99).toFixed(0)} ms, longest ${result.maxMs.toFixed(0)} ms`,
  );
});
