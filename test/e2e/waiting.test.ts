/** Requests that wait while every backend of their pool is full. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { P } from '#memory/counters.ts';
import { planFor, startPlane, type PlaneOptions, type TestPlane } from '../support/plane.ts';
import { until } from '../support/until.ts';
import { WireServer, dial, type Wire } from '../support/wire.ts';

const get = (path: string) => `GET /${path} HTTP/1.1\r\nHost: a.example\r\n\r\n`;
const answer = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

interface Rig extends TestPlane {
  readonly server: WireServer;
  readonly options: PlaneOptions;
  /** Sends a request on a client of its own. */
  readonly ask: (path: string) => Promise<Wire>;
}

/** One backend that takes one request at a time. */
async function rig(t: TestContext, queue: number, queueTimeoutMs = 10_000): Promise<Rig> {
  const server = new WireServer();
  t.after(() => server.close());
  const options = { ports: [await server.listen()], pool: { limits: { inFlight: 1, queue, queueTimeoutMs } } };
  const plane = await startPlane(t, options);
  const ask = async (path: string): Promise<Wire> => {
    const client = await dial(plane.port);
    t.after(() => client.socket.destroy());
    client.send(get(path));
    return client;
  };
  return { ...plane, server, options, ask };
}

const waiting = ({ tables }: TestPlane, count: number): Promise<boolean> =>
  until(`${count} wait`, () => tables.pools.queued(0) === count);

test('who waits is served in order of coming, on the same connection', async (t) => {
  const it = await rig(t, 10);
  const clients = [await it.ask('0')];
  const backend = await it.server.accept();
  for (const path of ['1', '2', '3']) {
    clients.push(await it.ask(path));
    await waiting(it, clients.length - 1);
  }
  for (const [at, client] of clients.entries()) {
    const { head } = await backend.message();
    assert.ok(head.startsWith(`GET /${at} `), head);
    backend.send(answer(`n${at}`));
    assert.equal((await client.message()).body, `n${at}`);
  }
  assert.equal(it.server.accepted, 1);
  assert.equal(it.tables.counters.poolCount(0, P.queued), 3);
  assert.equal(it.tables.pools.queued(0), 0);
});

test('beyond the bound a request is refused at once, with a reason and Retry-After', async (t) => {
  const it = await rig(t, 1);
  await it.ask('0');
  await it.server.accept();
  await it.ask('1');
  await waiting(it, 1);
  const refused = await (await it.ask('2')).message();
  assert.match(refused.head, /^HTTP\/1\.1 503 /);
  assert.match(refused.head, /x-edgebalancer-reason: overloaded/);
  assert.match(refused.head, /retry-after: \d/);
  assert.equal(it.tables.counters.poolCount(0, P.queueFull), 1);
});

test('who has waited for too long is refused, and takes nothing along', async (t) => {
  const it = await rig(t, 5, 50);
  const first = await it.ask('0');
  const backend = await it.server.accept();
  await backend.message();
  const late = await it.ask('1');
  const { head } = await late.message();
  assert.match(head, /^HTTP\/1\.1 503 /);
  assert.equal(it.tables.counters.poolCount(0, P.queueTimeouts), 1);
  assert.equal(it.tables.pools.queued(0), 0);
  backend.send(answer('ok'));
  assert.equal((await first.message()).body, 'ok');
  // The refused client's connection lives on.
  late.send(get('2'));
  await backend.message();
  backend.send(answer('again'));
  assert.equal((await late.message()).body, 'again');
});

test('a body that comes while its request waits is sent with it', async (t) => {
  const it = await rig(t, 5);
  await it.ask('0');
  const backend = await it.server.accept();
  await backend.message();
  const poster = await dial(it.port);
  t.after(() => poster.socket.destroy());
  poster.send('POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello');
  await waiting(it, 1);
  poster.send('world');
  backend.send(answer('ok'));
  const { head, body } = await backend.message();
  assert.ok(head.startsWith('POST /p '));
  assert.equal(body, 'helloworld');
  backend.send(answer('posted'));
  assert.equal((await poster.message()).body, 'posted');
});

test('a client that leaves the line makes room in it', async (t) => {
  const it = await rig(t, 1);
  await it.ask('0');
  const backend = await it.server.accept();
  await backend.message();
  const gone = await it.ask('gone');
  await waiting(it, 1);
  gone.socket.resetAndDestroy();
  await waiting(it, 0);
  const next = await it.ask('next');
  await waiting(it, 1);
  backend.send(answer('ok'));
  assert.ok((await backend.message()).head.startsWith('GET /next '));
  backend.send(answer('next'));
  assert.equal((await next.message()).body, 'next');
});

test('who waits in a pool that a new plan no longer has is served all the same', async (t) => {
  const it = await rig(t, 5);
  await it.ask('0');
  const backend = await it.server.accept();
  await backend.message();
  const client = await it.ask('1');
  await waiting(it, 1);
  const plan = planFor(it.options, 2);
  it.plane.publish({ ...plan, pools: [{ ...plan.pools[0]!, name: 'other', row: 1 }] });
  backend.send(answer('ok'));
  const again = await Promise.race([it.server.accept().then((wire) => wire.message()), backend.message()]);
  assert.ok(again.head.startsWith('GET /1 '));
  client.socket.destroy();
});
