/** What users of other balancers complain of, each with its issue, under real traffic. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { CircuitState } from '#core/health/circuit.ts';
import { Outcome } from '#core/outcome.ts';
import { G } from '#memory/counters.ts';
import { until } from '../support/until.ts';
import { dial, type Wire } from '../support/wire.ts';
import { BackendProcess } from './support/backend-process.ts';
import { timesReceived } from './support/journal.ts';
import { Load } from './support/load.ts';
import { ID_HEADER } from './support/payload.ts';
import { Rig } from './support/rig.ts';

const AMPLE = { attempts: 1, budget: { share: '100%', minPerSecond: 1000 } };

async function connect(t: TestContext, rig: Rig, count: number): Promise<Wire[]> {
  const wires = await Promise.all(Array.from({ length: count }, () => dial(rig.port)));
  t.after(() => wires.forEach(({ socket }) => socket.destroy()));
  return wires;
}

const received = (backends: readonly BackendProcess[]): number =>
  backends.reduce((sum, { journal }) => sum + journal.received, 0);

function get(id: string): string {
  return `GET /proxy/x HTTP/1.1\r\nHost: a\r\n${ID_HEADER}: ${id}\r\n\r\n`;
}

test('clients that leave are no failures of backends (http-party/node-http-proxy #898)', async (t) => {
  const backends = await BackendProcess.many(t, 3, { mode: 'hold' });
  const rig = await Rig.start(t, { backends });
  const waiting = await connect(t, rig, 60);
  waiting.forEach((wire, at) => wire.send(get(`waiting-${at}`)));
  await until('all of them to be with backends', () => received(backends) === 60);
  const [leaving, ending] = [waiting.slice(0, 40), waiting.slice(40)];
  for (const { socket } of leaving) socket.resetAndDestroy();
  // Whoever only ends its side may still want the answer; these do not, which shows when it is sent to them.
  for (const { socket } of ending) socket.destroy();
  await until('the reset ones to be gone', () => backends.reduce((sum, { id }) => sum + rig.inFlight(id), 0) === 20);
  await Promise.all(backends.map((backend) => backend.release()));
  await rig.quiet();

  // Longer than what sockets between here and there take: the client leaves in the middle of its answer.
  for (const backend of backends) await backend.set({ mode: 'answer', bytes: 16 * 1024 * 1024 });
  const reading = await connect(t, rig, 12);
  for (const [at, wire] of reading.entries()) {
    wire.send(get(`reading-${at}`));
    await wire.take(/\r\n\r\n/);
    wire.socket.resetAndDestroy();
  }
  await rig.quiet();

  let cancelled = 0;
  for (const { id } of backends) {
    cancelled += rig.outcome(id, Outcome.cancelled);
    assert.equal(rig.failures(id), 0, JSON.stringify(rig.outcomes(id)));
    assert.equal(rig.circuit(id), CircuitState.closed);
  }
  assert.ok(cancelled >= 40 + 12, `${cancelled} were cancelled`);
  assert.equal(rig.supervisor.tables.counters.global('upstreamErrors'), 0);
  assert.equal(rig.retries, 0);
});

test('resets from both sides, in every state of a request, end no process and no thread (sagemathinc/http-proxy-3 #5)', async (t) => {
  const backends = await BackendProcess.many(t, 4);
  await Promise.all(
    (['reset', 'cut', 'garbage', 'answer'] as const).map((mode, at) => backends[at]!.set({ mode, bytes: 100_000 })),
  );
  const rig = await Rig.start(t, { backends, pool: { retry: AMPLE, circuit: null } });
  const threads = rig.supervisor.workers.map(({ thread }) => thread);
  const parts = [
    '',
    'GET /proxy/x HT',
    get('whole'),
    get('one') + get('two') + get('three'),
    `POST /proxy/x HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n${'half '.repeat(10_000)}`,
    'POST /proxy/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal',
    'GET /proxy/x HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n',
  ];
  for (let round = 0; round < 6; round++) {
    const wires = await connect(t, rig, 8 * parts.length);
    for (const [at, wire] of wires.entries()) {
      wire.send(parts[at % parts.length] as string);
      // A third are gone before the balancer looks, a third in the midst of it, the rest once something came back.
      if (at % 3 === 0) wire.socket.resetAndDestroy();
      else if (at % 3 === 1) setImmediate(() => wire.socket.resetAndDestroy());
      else wire.socket.once('data', () => wire.socket.resetAndDestroy());
    }
    await backends[round % 4]!.refuse();
    await backends[round % 4]!.listen();
    for (const { socket } of wires) socket.destroy();
  }
  await rig.quiet();
  assert.equal(rig.supervisor.workerRestarts, 0);
  assert.deepEqual(
    rig.supervisor.workers.map(({ thread }) => thread),
    threads,
  );
  for (const backend of backends) await backend.set({ mode: 'answer' });
  const load = Load.start(t, { port: rig.port, perSecond: 200 });
  await load.answered(50);
  (await load.stop()).assertNoError();
});

test('backends that close kept connections early: no GET fails, a POST may and is told so (nodejs/node #20256)', async (t) => {
  const idleMs = 30;
  const backends = await BackendProcess.many(t, 3, { idleMs });
  const rig = await Rig.start(t, { backends, pool: { retry: null, circuit: null } });
  // As each worker's turn at a backend comes about as often as that closes, requests meet closing connections.
  const load = Load.start(t, {
    port: rig.port,
    perSecond: (3 * 2 * 1000) / idleMs,
    shape: (n) => (n % 4 === 0 ? { method: 'POST', bytes: 50 } : { method: 'GET' }),
  });
  await load.answered(1000);
  const result = await load.stop();
  await rig.quiet();
  // A POST may have been carried out although its connection closed: nobody can know, and its client must be told.
  for (const { method, status, reason } of result.errors)
    assert.equal(`${method} ${status} ${reason}`, 'POST 502 upstream-reset');
  const posts = new Set(result.answers.filter(({ method }) => method === 'POST').map(({ id }) => id));
  for (const [id, times] of timesReceived(backends.map(({ journal }) => journal)))
    assert.ok(times <= (posts.has(id) ? 1 : 2), `${id} came ${times} times`);
  const stale = rig.supervisor.tables.counters.global('staleRetries');
  t.diagnostic(`${stale} GETs and ${result.errors.length} POSTs of ${result.sent} met a connection that closed`);
});

test('a backend slow to accept gets no pile-up: in flight counts from the pick (envoyproxy/envoy #44989)', async (t) => {
  const backends = await BackendProcess.many(t, 4, { delayMs: 20 });
  const deaf = backends[3]!;
  await deaf.stopAccepting();
  const rig = await Rig.start(t, {
    backends,
    pool: { strategy: 'least-connections', retry: AMPLE, circuit: null, timeouts: { connect: '1s' } },
  });
  const load = Load.start(t, { port: rig.port, perSecond: 200 });
  let most = 0;
  const sample = setInterval(() => (most = Math.max(most, rig.inFlight(deaf.id))), 5);
  t.after(() => clearInterval(sample));
  await load.answered(600);
  const result = await load.stop();
  result.assertNoError();
  await rig.quiet();
  assert.ok(rig.outcome(deaf.id, Outcome.connectTimeout) > 0, 'it was tried');
  // Beside three that have about four in flight between them, however long it takes.
  assert.ok(most <= 20, `${most} in flight at once`);
  assert.ok(rig.picks(deaf.id) * 4 < rig.picks(backends[0]!.id), `${rig.picks(deaf.id)} picks`);
  t.diagnostic(`${rig.picks(deaf.id)} picks of it, ${most} in flight at most`);
});

test('probes that fail while requests are answered do not cut all traffic (yoanbernabeu/frankendeploy #94)', async (t) => {
  const backends = await BackendProcess.many(t, 3);
  const health = { path: '/healthz', interval: '100ms', timeout: '100ms', unhealthyAfter: 2, healthyAfter: 1 };
  const rig = await Rig.start(t, { backends, pool: { health } });
  const load = Load.start(t, { port: rig.port, perSecond: 300 });
  await load.answered(100);
  await Promise.all(backends.map((backend) => backend.set({ healthy: false })));
  await until('probes to call all of them down', () => backends.every(({ id }) => !rig.isUp(id)));
  await load.answered(900);
  await Promise.all(backends.map((backend) => backend.set({ healthy: true })));
  await until('probes to call all of them up', () => backends.every(({ id }) => rig.isUp(id)));
  (await load.stop()).assertNoError();
  await rig.quiet();
});

test('what one worker has found out of a backend holds for the other at once (apache/apisix #13888)', async (t) => {
  const backends = await BackendProcess.many(t, 2);
  const [broken, well] = backends as [BackendProcess, BackendProcess];
  await broken.set({ failShare: 1, failStatus: 500 });
  const rig = await Rig.start(t, { backends, pool: { circuit: { openFor: '30s' } } });
  const clients = await oneOfEachWorker(t, rig);
  const ask = async (wire: Wire, id: string): Promise<string> => {
    wire.send(get(id));
    const { head } = await wire.message();
    return head.slice(9, 12);
  };
  const [first, second] = clients as [Wire, Wire];
  for (let n = 0; rig.circuit(broken.id) === CircuitState.closed && n < 20; n++) await ask(first, `first-${n}`);
  assert.equal(rig.circuit(broken.id), CircuitState.open);
  const before = broken.journal.received;
  assert.equal(before, 5, 'its failures in a row were counted exactly');
  for (let n = 0; n < 20; n++) assert.equal(await ask(second, `second-${n}`), '200');
  assert.equal(broken.journal.received, before);
  assert.equal(well.journal.entries.has('second-19'), true);
  await rig.quiet();
});

/** A client connected to each worker; the kernel decides who gets which. */
async function oneOfEachWorker(t: TestContext, rig: Rig): Promise<Wire[]> {
  const { workers, tables } = rig.supervisor;
  const counts = (): number[] => workers.map(({ row }) => tables.counters.rows[row]!.global[G.connections] as number);
  const clients: Wire[] = [];
  while (workers.some((_, at) => clients[at] === undefined)) {
    const before = counts();
    const [wire] = (await connect(t, rig, 1)) as [Wire];
    const owner = await until('the connection to be accepted', () => {
      const at = counts().findIndex((count, worker) => count > (before[worker] as number));
      return at < 0 ? null : { at };
    });
    clients[owner.at] ??= wire;
  }
  return clients;
}
