/** Requests that are asked twice, because the first backend is slow. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Outcome } from '#core/outcome.ts';
import { P } from '#memory/counters.ts';
import { startPlane, type PlaneOptions, type TestPlane } from '../support/plane.ts';
import { until } from '../support/until.ts';
import { WireServer, dial, type Wire } from '../support/wire.ts';

interface Rig extends TestPlane {
  readonly servers: readonly WireServer[];
  readonly client: Wire;
}

const GET = 'GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n';
const answer = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** The whole budget from the first request on. */
async function rig(t: TestContext, afterMs = 20, options: Partial<PlaneOptions> = {}): Promise<Rig> {
  const servers = [new WireServer(), new WireServer()];
  for (const server of servers) t.after(() => server.close());
  const ports = await Promise.all(servers.map((server) => server.listen()));
  const plane = await startPlane(t, {
    ports,
    ...options,
    pool: { hedge: { after: { ms: afterMs }, budget: 1 }, ...options.pool },
  });
  const client = await dial(plane.port);
  t.after(() => client.socket.destroy());
  return { ...plane, servers, client };
}

test('the second copy answers; the first is read to its end, counted meanwhile, and its connection kept', async (t) => {
  const { servers, client, tables, plane } = await rig(t);
  client.send(GET);
  const slow = await servers[0]!.accept();
  const { head } = await slow.message();
  const fast = await servers[1]!.accept();
  assert.equal((await fast.message()).head, head, 'the same bytes');
  fast.send(answer('fast'));
  assert.equal((await client.message()).body, 'fast');
  assert.equal(tables.slots.total[1], 1, 'the loser is still in flight');
  assert.equal(tables.counters.poolCount(0, P.hedgesWon), 1);
  assert.equal(tables.counters.global('retries'), 0);
  slow.send(answer('slow'));
  await until('the loser is done', () => tables.slots.total[1] === 0);
  await until('its connection is kept', () => plane.state.backends.get(1)?.idle.length === 1);
  assert.equal(tables.counters.slotCount(1, Outcome.success), 1);
  client.send(GET);
  await slow.message();
  slow.send(answer('next'));
  assert.equal((await client.message()).body, 'next', 'nothing of the lost answer is left over');
});

test('the first copy answers after all: the second has lost', async (t) => {
  const { servers, client, tables } = await rig(t);
  client.send(GET);
  const first = await servers[0]!.accept();
  await first.message();
  const second = await servers[1]!.accept();
  await second.message();
  first.send(answer('first'));
  assert.equal((await client.message()).body, 'first');
  assert.equal(tables.counters.poolCount(0, P.hedgesLost), 1);
  second.send(answer('second'));
  await until('nothing in flight', () => tables.slots.total.every((count) => count === 0));
});

test('one copy fails while the other goes on: the client does not notice', async (t) => {
  const { servers, client, tables } = await rig(t);
  client.send(GET);
  const first = await servers[0]!.accept();
  await first.message();
  const second = await servers[1]!.accept();
  await second.message();
  first.socket.destroy();
  await until('the first has ended', () => tables.slots.total[1] === 0);
  second.send(answer('second'));
  assert.equal((await client.message()).body, 'second');
  assert.equal(tables.counters.slotCount(1, Outcome.reset), 1);
});

test('interim answers of two copies do not mix', async (t) => {
  const { servers, client } = await rig(t);
  client.send(GET);
  const first = await servers[0]!.accept();
  await first.message();
  const second = await servers[1]!.accept();
  await second.message();
  first.send('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n');
  second.send('HTTP/1.1 103 Early Hints\r\nLink: </b>\r\n\r\n' + answer('second'));
  const { head, body } = await client.message();
  assert.match(head, /^HTTP\/1\.1 200 /);
  assert.equal(body, 'second');
});

test('what has a body, or may not be carried out twice, is never asked twice', async (t) => {
  for (const request of [
    'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n',
    'PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi',
    'GET /x HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
  ]) {
    const { servers, client, port } = await rig(t, 5);
    client.send(request);
    const only = await servers[0]!.accept();
    await only.message();
    // A request that may be hedged, sent later, is: so the first one's time has come by then, too.
    const other = await dial(port);
    t.after(() => other.socket.destroy());
    other.send(GET);
    await (await servers[1]!.accept()).message();
    await (await servers[0]!.accept()).message();
    only.send(answer('ok'));
    await client.take(/ok$/);
    assert.equal(servers[1]!.accepted, 1);
    assert.equal(servers[0]!.accepted, 2);
  }
});

test('a client that leaves takes both copies with it', async (t) => {
  const { servers, client, tables } = await rig(t);
  client.send(GET);
  await (await servers[0]!.accept()).message();
  await (await servers[1]!.accept()).message();
  client.socket.resetAndDestroy();
  await until('nothing in flight', () => tables.slots.total.every((count) => count === 0));
  assert.equal(tables.counters.slotCount(1, Outcome.cancelled), 1);
  assert.equal(tables.counters.slotCount(2, Outcome.cancelled), 1);
});

test('without another backend nothing is asked twice', async (t) => {
  const { servers, client, tables } = await rig(t);
  tables.slots.weight[2] = 0;
  tables.slots.moveEpoch();
  client.send(GET);
  const only = await servers[0]!.accept();
  await only.message();
  await until('it was refused', () => tables.counters.poolCount(0, P.hedgesRefused) === 1);
  only.send(answer('ok'));
  assert.equal((await client.message()).body, 'ok');
});
