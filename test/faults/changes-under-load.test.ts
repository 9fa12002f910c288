/** What operators and accidents change while requests run: configuration, backends' processes, worker threads. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CircuitState } from '#core/health/circuit.ts';
import { CIRCUIT_CAUSE_NAMES, CircuitCause } from '#core/health/circuits.ts';
import { dial } from '../support/wire.ts';
import { until } from '../support/until.ts';
import { BackendProcess } from './support/backend-process.ts';
import { timesReceived } from './support/journal.ts';
import { Load } from './support/load.ts';
import type { Shape } from './support/load-connection.ts';
import { Rig, type RigOptions } from './support/rig.ts';

const PER_SECOND = 300;
const AMPLE = { attempts: 3, budget: { share: '100%', minPerSecond: 1000 } };
/** The shortest that may be configured. */
const PROBES = { path: '/healthz', interval: '100ms', timeout: '100ms', unhealthyAfter: 2, healthyAfter: 1 };

/** GETs and POSTs in turn. */
const mixed = (n: number): Shape => (n % 2 === 0 ? { method: 'GET' } : { method: 'POST', bytes: 100 * (n % 50) });

/** The worker that counts attempts at `id` in its own row, once there is one. */
function workerAt(rig: Rig, id: string): number {
  return rig.supervisor.tables.slots.rows.findIndex((row) => (row[rig.slot(id)] as number) > 0);
}

async function killWorker(rig: Rig, row: number): Promise<void> {
  const worker = rig.supervisor.workers[row];
  assert.ok(worker, `there is a worker ${row}`);
  await worker.thread.terminate();
}

async function untilReplaced(rig: Rig, row: number, restarts: number): Promise<void> {
  await until('another worker to listen', () => {
    const { workers, workerRestarts } = rig.supervisor;
    return workerRestarts === restarts && workers[row]?.state === 'listening';
  });
}

test('a worker dies while a backend is down: only its own requests are lost, nothing stays counted', async (t) => {
  const backends = await BackendProcess.many(t, 4, { delayMs: 20 });
  const rig = await Rig.start(t, { backends, pool: { retry: AMPLE } });
  const victim = backends[3]!;
  const load = Load.start(t, { port: rig.port, perSecond: PER_SECOND });
  await load.answered(100);
  await victim.kill();
  await rig.untilCircuit(victim.id, CircuitState.open);
  await until('both workers to have some', () => load.pending > 0 && backends.some(({ id }) => rig.inFlight(id) > 0));
  const pending = load.pending;
  await killWorker(rig, 0);
  await untilReplaced(rig, 0, 1);
  assert.notEqual(rig.circuit(victim.id), CircuitState.closed, 'what was learned of it outlives the worker');
  await load.answered(PER_SECOND);
  await victim.restart();
  await victim.set({ delayMs: 20 });
  await rig.untilCircuit(victim.id, CircuitState.closed);
  await load.answered(100);
  const result = await load.stop();
  await rig.quiet();
  for (const { status, ending, error } of result.errors) assert.equal(`${status} ${ending}`, '0 lost', error);
  // Those that were sent into it just then come on top of those that it had.
  assert.ok(result.errors.length <= 2 * pending + 16, `${result.errors.length} lost, ${pending} were pending`);
  const { budget } = rig;
  assert.ok(budget >= 0 && budget <= 11_000, `${budget} tokens`);
  t.diagnostic(`${result.errors.length} of ${result.sent} lost, ${pending} pending when it died`);
});

test('a worker dies with a trial: after its time another goes through, and the backend serves again', async (t) => {
  const backends = await BackendProcess.many(t, 3);
  const rig = await Rig.start(t, {
    backends,
    pool: { retry: AMPLE, circuit: { openFor: '200ms' }, timeouts: { connect: '200ms', firstByte: '2s' } },
    route: { timeouts: { perTry: '10s', total: '15s' } },
  });
  const victim = backends[1]!;
  const load = Load.start(t, { port: rig.port, perSecond: PER_SECOND });
  await load.answered(60);
  await victim.set({ failShare: 1 });
  await rig.untilCircuit(victim.id, CircuitState.open);
  await until('nothing to be in flight there', () => rig.inFlight(victim.id) === 0);
  await victim.set({ failShare: 0, mode: 'hold' });
  await until('the trial to be there', () => rig.trials(victim.id) === 1 && rig.inFlight(victim.id) === 1);
  const row = await until('its worker', () => {
    const at = workerAt(rig, victim.id);
    return at < 0 ? null : { at };
  });
  await killWorker(rig, row.at);
  await victim.set({ mode: 'answer' });
  await until('its count to be taken back', () => rig.supervisor.workerRestarts === 1);
  await rig.untilCircuit(victim.id, CircuitState.closed);
  await untilReplaced(rig, row.at, 1);
  const before = victim.journal.answered;
  await until('it serves again', () => victim.journal.answered >= before + 20);
  const result = await load.stop();
  await rig.quiet();
  for (const { status, ending, error } of result.errors) assert.equal(`${status} ${ending}`, '0 lost', error);
  const lost = CIRCUIT_CAUSE_NAMES[CircuitCause.trialLost];
  await until('the log to say so', () => rig.log.fields.some(({ cause }) => cause === lost));
});

test('twenty changes of the configuration under load: no client notices, and a tunnel outlives them', async (t) => {
  const backends = await BackendProcess.many(t, 5);
  const strategies = ['round-robin', 'least-connections', 'adaptive', 'two-choices', 'peak-ewma', 'random'];
  const turn = (n: number): RigOptions => ({
    // One of them is absent each time, the one that holds the tunnel too.
    backends: backends
      .filter((_, at) => n === 0 || at !== n % backends.length)
      .map(({ id, url }, at) => ({ id, url, weight: 1 + ((at + n) % 3) })),
    pool: {
      strategy: strategies[n % strategies.length],
      retry: n % 4 === 3 ? null : { ...AMPLE, attempts: 1 + (n % 3) },
      circuit: n % 5 === 4 ? null : { consecutiveFailures: 3 + (n % 4) },
      hedge: n % 3 === 2 ? { after: '500ms', budget: '10%' } : null,
      limits: { inFlight: 100 + n },
    },
  });
  const rig = await Rig.start(t, turn(0));
  const wire = await dial(rig.port);
  t.after(() => wire.socket.destroy());
  wire.send('GET /proxy/t HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n');
  await wire.take(/^HTTP\/1\.1 101 [^]*\r\n\r\n/);
  const load = Load.start(t, { port: rig.port, perSecond: PER_SECOND, shape: mixed });
  for (let n = 1; n <= 20; n++) {
    await load.answered(30);
    await rig.reload(turn(n));
    wire.send(`after ${n};`);
    await wire.take(new RegExp(`after ${n};`));
  }
  const result = await load.stop();
  result.assertNoError();
  for (const [id, times] of timesReceived(backends.map(({ journal }) => journal))) assert.equal(times, 1, id);
  wire.socket.destroy();
  await rig.quiet();
  assert.equal(rig.retries, 0);
});

test('a rolling restart of all backends, each drained first: no GET and no POST fails', async (t) => {
  const backends = await BackendProcess.many(t, 4, { delayMs: 5 });
  const rig = await Rig.start(t, { backends, pool: { health: PROBES } });
  const load = Load.start(t, { port: rig.port, perSecond: PER_SECOND, shape: mixed });
  await load.answered(50);
  for (const backend of backends) {
    await backend.drain();
    await until('its probes to say so', () => !rig.isUp(backend.id));
    // A pick made just before may still be on its way.
    await until('nothing to be in flight there', () => rig.inFlight(backend.id) === 0);
    await load.answered(20);
    await backend.leave();
    await load.answered(30);
    await backend.restart();
    const before = backend.journal.answered;
    await until('it serves again', () => backend.journal.answered >= before + 10);
  }
  const result = await load.stop();
  result.assertNoError();
  await rig.quiet();
  assert.equal(rig.retries, 0, 'nobody was sent to one that was leaving or not yet there');
  for (const [id, times] of timesReceived(backends.map(({ journal }) => journal))) assert.equal(times, 1, id);
});
