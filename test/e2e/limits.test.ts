/** Sizes and counts that a listener and a pool allow. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HealthState } from '#core/health-state.ts';
import { planFor, startPlane, type PlaneOptions } from '../support/plane.ts';
import { WireServer, dial } from '../support/wire.ts';

const GET = 'GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

async function servers(
  t: { after(fn: () => void): void },
  count: number,
): Promise<{ all: WireServer[]; ports: number[] }> {
  const all = Array.from({ length: count }, () => new WireServer());
  t.after(() => all.forEach((server) => server.close()));
  return { all, ports: await Promise.all(all.map((server) => server.listen())) };
}

for (const [what, limits, request, status] of [
  ['target', { targetBytes: 100 }, `GET /${'a'.repeat(200)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414],
  ['head', { headerBytes: 500 }, `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(600)}\r\n\r\n`, 431],
  ['number of fields', { headerCount: 5 }, `GET / HTTP/1.1\r\nHost: a\r\n${'X: y\r\n'.repeat(9)}\r\n`, 431],
  ['declared body', { bodyBytes: 10 }, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n', 413],
  [
    'chunked body',
    { bodyBytes: 10 },
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n12345678901\r\n',
    413,
  ],
] as const) {
  test(`a ${what} over its limit: ${status} and the end of the connection`, async (t) => {
    const { ports } = await servers(t, 1);
    const { port } = await startPlane(t, { ports, listener: { limits } } as PlaneOptions);
    const client = await dial(port);
    client.send(request);
    const { head } = await client.message();
    assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*x-edgebalancer-reason: too-large\r\n`));
    assert.match(head, /connection: close\r\n/);
    await client.gone();
  });
}

test('what frames chunks does not count as body', async (t) => {
  const { all, ports } = await servers(t, 1);
  const { port } = await startPlane(t, { ports, listener: { limits: { bodyBytes: 10 } } });
  const client = await dial(port);
  t.after(() => client.socket.destroy());
  client.send(`POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(10)}0\r\n\r\n`);
  const backend = await all[0]!.accept();
  await backend.take(/\r\n0\r\n\r\n/);
  backend.send(OK);
  assert.match((await client.message()).head, /^HTTP\/1\.1 200 /);
});

test('connections over the limit are closed at once, and their places are given back', async (t) => {
  const { ports } = await servers(t, 1);
  const { port, tables } = await startPlane(t, { ports, listener: { limits: { connections: 2 } } });
  const [first, second] = [await dial(port), await dial(port)];
  await first.until('two are open', () => tables.counters.global('connections') === 2).catch(() => {});
  const third = await dial(port);
  await third.gone();
  assert.equal(tables.counters.global('connectionsRefused'), 1);
  first.socket.destroy();
  second.socket.destroy();
  let fourth = await dial(port);
  fourth.send('nonsense\r\n\r\n');
  while (
    !fourth.received.includes('400') &&
    !(await Promise.race([fourth.gone().then(() => false), fourth.take(/400/).then(() => true)]))
  ) {
    fourth = await dial(port);
    fourth.send('nonsense\r\n\r\n');
  }
});

test('a full backend is passed over; when all are full the answer is 503 with Retry-After', async (t) => {
  const { all, ports } = await servers(t, 2);
  const { port } = await startPlane(t, { ports, pool: { limits: { inFlight: 1 } } });
  const clients = await Promise.all([dial(port), dial(port), dial(port)]);
  clients[0]!.send(GET);
  clients[1]!.send(GET);
  const backends = await Promise.all(all.map((server) => server.accept()));
  await Promise.all(backends.map((backend) => backend.message()));
  clients[2]!.send(GET);
  const { head } = await clients[2]!.message();
  assert.match(head, /^HTTP\/1\.1 503 [\s\S]*x-edgebalancer-reason: overloaded\r\nretry-after: \d+\r\n/);
  for (const backend of backends) backend.send(OK);
  await clients[0]!.message();
  clients[2]!.send(GET);
  await Promise.race(backends.map((backend) => backend.message()));
  for (const client of clients) client.socket.destroy();
});

test('no backend up: 503; lower tiers serve while no higher one is up', async (t) => {
  const { all, ports } = await servers(t, 2);
  const options: PlaneOptions = { ports };
  const tiered = planFor(options).pools[0]!.backends.map((backend, index) => ({ ...backend, tier: index }));
  const { port, tables } = await startPlane(t, { ...options, pool: { backends: tiered } });
  const client = await dial(port);
  t.after(() => client.socket.destroy());
  for (const slot of [1, 2]) tables.slots.health[slot] = HealthState.unhealthy;
  tables.slots.moveEpoch();
  client.send(GET);
  assert.match(
    (await client.message()).head,
    /^HTTP\/1\.1 503 [\s\S]*x-edgebalancer-reason: no-backend\r\nretry-after: 1\r\n/,
  );
  for (const [down, expected] of [
    [[], 0],
    [[1], 1],
    [[], 0],
  ] as const) {
    for (const slot of [1, 2])
      tables.slots.health[slot] = (down as readonly number[]).includes(slot)
        ? HealthState.unhealthy
        : HealthState.healthy;
    tables.slots.moveEpoch();
    client.send('GET /x HTTP/1.1\r\nHost: a\r\n\r\n');
    const backend = await all[expected]!.accept();
    await backend.message();
    backend.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok');
    assert.equal((await client.message()).body, 'ok');
  }
});

test('bug: without circuits, probes that failed at all backends cut all traffic', async (t) => {
  const { all, ports } = await servers(t, 1);
  const { port, tables } = await startPlane(t, { ports, pool: { circuit: null, panicThreshold: 0.5 } });
  const client = await dial(port);
  t.after(() => client.socket.destroy());
  client.send(GET);
  const backend = await all[0]!.accept();
  for (let asked = 0; asked < 2; asked++) {
    await backend.message();
    backend.send(OK);
    assert.match((await client.message()).head, /^HTTP\/1\.1 200 /);
    tables.slots.health[1] = HealthState.unhealthy;
    tables.slots.moveEpoch();
    client.send(GET);
  }
  await backend.message();
});

test('a client that asks and asks without reading is not read further: answers do not pile up', async (t) => {
  const { ports } = await servers(t, 1);
  const { port, tables } = await startPlane(t, {
    ports,
    route: { match: { hosts: [], path: '=/never', exact: true, methods: [], headers: [] } },
    listener: { timeouts: { writeMs: 300 } },
  });
  const client = await dial(port);
  client.socket.pause();
  const many = Buffer.from('GET /x HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(5000), 'latin1');
  const pour = (): void => {
    while (!client.socket.destroyed && client.socket.write(many));
  };
  client.socket.on('drain', pour);
  client.socket.on('error', () => {});
  pour();
  await new Promise((resolve) => client.socket.once('close', resolve));
  const answered = tables.counters.global('requests');
  assert.ok(answered > 0 && answered < 200_000, `${answered} requests were answered to a client that read nothing`);
});
