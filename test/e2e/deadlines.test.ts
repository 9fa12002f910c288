/** Every wait has an end: what the client and the operator see when one is reached. Waits for events, never for a time. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Outcome } from '#core/outcome.ts';
import { startPlane, type PlaneOptions, type TestPlane } from '../support/plane.ts';
import { WireServer, dial, type Wire } from '../support/wire.ts';

const GET = 'GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n';
const SOON = 60;

async function rig(
  t: TestContext,
  options: Partial<PlaneOptions>,
): Promise<TestPlane & { server: WireServer; client: Wire }> {
  const server = new WireServer();
  t.after(() => server.close());
  const plane = await startPlane(t, { ports: [await server.listen()], ...options });
  const client = await dial(plane.port);
  t.after(() => client.socket.destroy());
  return { ...plane, server, client };
}

test('a connection that says nothing is closed', async (t) => {
  const { client } = await rig(t, { listener: { timeouts: { headerMs: SOON } } });
  assert.equal(await client.gone(), '');
  assert.equal(client.received, '');
});

test('a head that does not become whole in time is answered with 408, however steadily it trickles', async (t) => {
  const { client } = await rig(t, { listener: { timeouts: { headerMs: 200 } } });
  client.socket.on('error', () => {});
  const trickle = setInterval(() => client.send('x: y\r\n'), 20);
  t.after(() => clearInterval(trickle));
  client.send('GET / HTTP/1.1\r\n');
  const { head } = await client.message();
  assert.match(head, /^HTTP\/1\.1 408 [\s\S]*x-edgebalancer-reason: timeout\r\n[\s\S]*connection: close\r\n/);
});

test('an idle connection is closed after its idle time', async (t) => {
  const { client, server } = await rig(t, { listener: { timeouts: { idleMs: SOON } } });
  client.send(GET);
  const backend = await server.accept();
  await backend.message();
  backend.send('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  await client.message();
  assert.equal(await client.gone(), '');
});

test('a request body that falls silent is answered with 408, and its backend connection is not kept', async (t) => {
  const { client, server, tables } = await rig(t, { listener: { timeouts: { bodyMs: SOON } } });
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab');
  const backend = await server.accept();
  const { head } = await client.message();
  assert.match(head, /^HTTP\/1\.1 408 /);
  await backend.end();
  assert.equal(tables.slots.total[1], 0);
});

for (const [name, options] of [
  ['first byte', { pool: { timeouts: { firstByteMs: SOON } } }],
  ['per try', { route: { timeouts: { totalMs: 0, perTryMs: SOON } } }],
  ['total', { route: { timeouts: { totalMs: SOON, perTryMs: 0 } } }],
] as const) {
  test(`a backend that does not answer within the ${name} time: 504`, async (t) => {
    const { client, server, tables } = await rig(t, options);
    client.send(GET);
    const backend = await server.accept();
    const { head } = await client.message();
    assert.match(head, /^HTTP\/1\.1 504 [\s\S]*x-edgebalancer-reason: upstream-timeout\r\n/);
    await backend.end();
    assert.equal(tables.counters.slotCount(1, Outcome.timeout), 1);
    client.send(GET);
    await server.accept();
  });
}

test('the total time bounds the head, not a long body', async (t) => {
  const { client, server } = await rig(t, { route: { timeouts: { totalMs: SOON, perTryMs: SOON } } });
  client.send(GET);
  const backend = await server.accept();
  await backend.message();
  backend.send('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n');
  await client.take(/\r\n\r\n/);
  // Another connection runs into the same limit meanwhile: by then it is over for this one too.
  const other = await dial((client.socket.remotePort as number) + 0);
  t.after(() => other.socket.destroy());
  other.send(GET);
  assert.match((await other.message()).head, /^HTTP\/1\.1 504 /);
  backend.send('abc');
  await client.take(/abc/);
});

/** A pool whose only place is taken by an answer that goes on; what comes next waits in line. */
async function full(t: TestContext, queueTimeoutMs: number): Promise<TestPlane & { next: Wire }> {
  const { client, server, ...rest } = await rig(t, {
    route: { timeouts: { totalMs: SOON, perTryMs: 0 } },
    pool: { limits: { inFlight: 1, queue: 5, queueTimeoutMs } },
  });
  client.send(GET);
  const backend = await server.accept();
  await backend.message();
  backend.send('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc');
  await client.take(/abc/);
  const next = await dial(rest.port);
  t.after(() => next.socket.destroy());
  return { ...rest, next };
}

test('bug: the total time did not bound the wait in line', async (t) => {
  const { next, tables } = await full(t, 600_000);
  next.send(GET);
  const { head } = await next.message();
  assert.match(head, /^HTTP\/1\.1 504 [\s\S]*x-edgebalancer-reason: timeout\r\n/);
  assert.equal(tables.slots.total[1], 1, 'the answer that goes on, and nothing else');
  next.send('POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na');
  next.send('b');
  assert.match(
    (await next.message()).head,
    /^HTTP\/1\.1 504 /,
    'nor one whose body ended in line; the connection goes on',
  );
});

test('the nearest deadline wins: the time in line before the total time', async (t) => {
  const { next } = await full(t, 10);
  next.send(GET);
  assert.match((await next.message()).head, /^HTTP\/1\.1 503 [\s\S]*x-edgebalancer-reason: overloaded\r\n/);
});

test('a wait before the next attempt that the total time would cut short is not begun', async (t) => {
  const server = new WireServer();
  const port = await server.listen();
  server.close();
  const retry = {
    attempts: 3,
    outcomes: [Outcome.connectFailure],
    statuses: [],
    methods: ['GET'],
    // One draw in a million is short enough.
    backoffBaseMs: 10_000_000_000,
    backoffMaxMs: 10_000_000_000,
    budgetShare: 1,
    budgetPerSecond: 100,
    bodyBytes: 0,
  };
  const { port: at, tables } = await startPlane(t, {
    ports: [port],
    pool: { retry },
    route: { timeouts: { totalMs: 10_000, perTryMs: 0 } },
  });
  const client = await dial(at);
  t.after(() => client.socket.destroy());
  client.send(GET);
  assert.match((await client.message()).head, /^HTTP\/1\.1 502 [\s\S]*x-edgebalancer-reason: connect-failed\r\n/);
  assert.equal(tables.counters.slotCount(1, Outcome.connectFailure), 1);
});

test('a body that falls silent cuts the client off', async (t) => {
  const { client, server, tables } = await rig(t, { pool: { timeouts: { bodyMs: SOON } } });
  client.send(GET);
  const backend = await server.accept();
  await backend.message();
  backend.send('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc');
  await client.gone();
  assert.ok(client.received.endsWith('abc'));
  assert.equal(tables.counters.slotCount(1, Outcome.truncated), 1);
});

test('a client that does not take its answer is cut off', async (t) => {
  const { client, server, tables } = await rig(t, { listener: { timeouts: { writeMs: SOON } } });
  client.socket.pause();
  client.send(GET);
  const backend = await server.accept();
  await backend.message();
  backend.send('HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n');
  const block = Buffer.alloc(1 << 20);
  const pour = (): void => {
    while (backend.socket.writable && backend.socket.write(block));
  };
  backend.socket.on('drain', pour);
  pour();
  await backend.gone();
  assert.equal(tables.counters.slotCount(1, Outcome.cancelled), 1);
  client.socket.destroy();
});

test('a backend that cannot be reached: 502, or another one that can', async (t) => {
  const server = new WireServer();
  const port = await server.listen();
  server.close();
  const { port: at, tables } = await startPlane(t, { ports: [port] });
  const client = await dial(at);
  t.after(() => client.socket.destroy());
  client.send('GET / HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\n\r\n');
  const { head, body } = await client.message();
  assert.match(head, /^HTTP\/1\.1 502 [\s\S]*x-edgebalancer-reason: connect-failed\r\n/);
  const problem = JSON.parse(body) as { reason: string; requestId: string };
  assert.equal(problem.reason, 'connect-failed');
  assert.match(problem.requestId, /^[0-9a-f]{32}$/);
  assert.equal(tables.counters.slotCount(1, Outcome.connectFailure), 1);
  client.send(GET);
  assert.match((await client.message()).head, /^HTTP\/1\.1 502 /, 'the connection goes on');
});

test('an unused backend connection is closed after its idle time', async (t) => {
  const { client, server, plane } = await rig(t, { pool: { timeouts: { idleMs: SOON } } });
  client.send(GET);
  const backend = await server.accept();
  await backend.message();
  backend.send('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  await client.message();
  await backend.end();
  assert.equal(plane.state.backends.get(1)?.idle.length, 0);
});

test('a silent tunnel is closed', async (t) => {
  const { client, server } = await rig(t, { pool: { timeouts: { tunnelMs: SOON } } });
  client.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n');
  const backend = await server.accept();
  await backend.message();
  backend.send('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n');
  await client.gone();
  await backend.end();
});
