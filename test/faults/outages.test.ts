/** More fails than can be made good: who is still served, what the others are told, and what is never tried. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CircuitState } from '#core/health/circuit.ts';
import { until } from '../support/until.ts';
import { BackendProcess } from './support/backend-process.ts';
import { timesReceived } from './support/journal.ts';
import { Load } from './support/load.ts';
import { Rig } from './support/rig.ts';

const AMPLE = { attempts: 1, budget: { share: '100%', minPerSecond: 1000 } };
const PROBES = { path: '/healthz', interval: '100ms', timeout: '100ms', unhealthyAfter: 2, healthyAfter: 1 };
/** What the machine may take to say no. */
const SLACK_MS = 8000;

test('probes call all backends down: clients are told so without a try, and are served as soon as one is back', async (t) => {
  const backends = await BackendProcess.many(t, 3);
  const rig = await Rig.start(t, { backends, pool: { health: PROBES, retry: AMPLE } });
  await Promise.all(backends.map((backend) => backend.kill()));
  await until('probes to call all of them down', () => backends.every(({ id }) => !rig.isUp(id)));
  const load = Load.start(t, { port: rig.port, perSecond: 200, shape: (n) => ({ method: n % 2 ? 'GET' : 'DELETE' }) });
  await load.answered(200);
  const refused = await load.stop();
  for (const { status, reason, retryAfter, ms } of refused.answers) {
    assert.equal(`${status} ${reason}`, '503 no-backend');
    assert.match(retryAfter, /^[1-9]\d*$/);
    assert.ok(ms < SLACK_MS, `${ms} ms`);
  }
  assert.deepEqual(
    backends.map(({ id }) => rig.picks(id)),
    [0, 0, 0],
  );
  await backends[1]!.restart();
  await until('its probes to say so', () => rig.isUp('b'));
  const again = Load.start(t, { port: rig.port, perSecond: 200 });
  await again.answered(100);
  const result = await again.stop();
  result.assertNoError();
  assert.equal(result.byBackend.get('b'), result.sent);
  await rig.quiet();
});

test('the one that is left is out by its circuit: clients are told that, and to come back', async (t) => {
  const backends = await BackendProcess.many(t, 2);
  const [broken, other] = backends as [BackendProcess, BackendProcess];
  const circuit = { openFor: '30s', maxOpen: '100%' };
  const rig = await Rig.start(t, { backends, pool: { health: PROBES, circuit, panicThreshold: 0, retry: AMPLE } });
  await until('probes to call both up', () => backends.every(({ id }) => rig.isUp(id)));
  await broken.set({ failShare: 1, failStatus: 503 });
  const load = Load.start(t, { port: rig.port, perSecond: 200 });
  await rig.untilCircuit(broken.id, CircuitState.open);
  (await load.stop()).assertNoError();
  await other.kill();
  await until('probes to call the other one down', () => !rig.isUp(other.id));
  const before = broken.journal.received;
  const refused = Load.start(t, { port: rig.port, perSecond: 200 });
  await refused.answered(100);
  for (const { status, reason, retryAfter } of (await refused.stop()).answers) {
    assert.equal(`${status} ${reason}`, '503 circuit-open');
    assert.match(retryAfter, /^[1-9]\d*$/);
  }
  assert.equal(broken.journal.received, before, 'it is left alone');
  await rig.quiet();
});

test('panic: when too few are left in, circuits do not count, and that is said', async (t) => {
  const backends = await BackendProcess.many(t, 4);
  const failing = backends.slice(0, 3);
  const circuit = { openFor: '30s', maxOpen: '100%' };
  const rig = await Rig.start(t, { backends, pool: { circuit, panicThreshold: '50%', retry: null } });
  await Promise.all(failing.map((backend) => backend.set({ failShare: 1, failStatus: 500 })));
  const load = Load.start(t, { port: rig.port, perSecond: 200 });
  await until('all that fail to be out', () => failing.every(({ id }) => rig.circuit(id) === CircuitState.open));
  const before = failing.map(({ journal }) => journal.received);
  // They may have recovered, for all that their circuits know: in panic they are asked all the same.
  await Promise.all(failing.map((backend) => backend.set({ failShare: 0 })));
  await until('all of them to be asked again', () =>
    failing.every(({ journal }, at) => journal.received >= before[at]! + 20),
  );
  await load.stop();
  await until('the log to say so', () => rig.log.lines.some((line) => line.startsWith('warn pool app panics')));
  assert.match(await rig.read('/metrics'), /^edgebalancer_panic\{pool="app"\} 1$/m);
  await rig.quiet();
});

test('two pools share a route: one that is dead costs the other nothing', async (t) => {
  const backends = await BackendProcess.many(t, 4);
  const dead = backends.slice(2);
  const named = dead.map(({ id, url }) => ({ id, url }));
  const rig = await Rig.start(t, {
    backends: backends.slice(0, 2),
    pools: { canary: { strategy: 'round-robin', health: null, retry: AMPLE, backends: named } },
    route: {
      pool: undefined,
      split: [
        { pool: 'app', weight: 3 },
        { pool: 'canary', weight: 1 },
      ],
    },
  });
  await Promise.all(dead.map((backend) => backend.kill()));
  const load = Load.start(t, { port: rig.port, perSecond: 300 });
  await load.answered(600);
  const result = await load.stop();
  await rig.quiet();
  const good = result.sent - result.errors.length;
  for (const { status, ending, reason } of result.errors)
    assert.match(`${status} ${ending} ${reason}`, /^(502 whole connect-failed|503 whole (circuit-open|no-backend))$/);
  assert.ok(Math.abs(good - 0.75 * result.sent) < 0.08 * result.sent, `${good} of ${result.sent} are good`);
  assert.equal(rig.retries, 0, 'the pool that is well had none');
});

test('hedges: never of a POST, never of what has a body, however long the wait', async (t) => {
  const backends = await BackendProcess.many(t, 3, { delayMs: 120 });
  const rig = await Rig.start(t, {
    backends,
    pool: { circuit: null, retry: null, hedge: { after: '30ms', budget: '100%' } },
  });
  const shapes = [{ method: 'GET' }, { method: 'POST' }, { method: 'POST', bytes: 40 }, { method: 'PUT', bytes: 4000 }];
  const load = Load.start(t, { port: rig.port, perSecond: 200, shape: (n) => shapes[n % shapes.length]! });
  await load.answered(400);
  const result = await load.stop();
  result.assertNoError();
  await rig.quiet();
  const times = timesReceived(backends.map(({ journal }) => journal));
  let hedged = 0;
  for (const { id, method } of result.answers) {
    if (method !== 'GET') assert.equal(times.get(id), 1, `${method} ${id}`);
    else if (times.get(id) === 2) hedged += 1;
  }
  // Copies that are no faster hardly ever win, so that most are soon not made any more.
  assert.ok(hedged >= 10, `${hedged} GETs were`);
  assert.equal(rig.counted('hedgesWon') + rig.counted('hedgesLost'), hedged);
});
