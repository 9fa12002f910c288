/** Attempts that are made again, or are not: byte by byte, at backends that do what they are told. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Outcome } from '#core/outcome.ts';
import { P, POOL_RETRIES } from '#memory/counters.ts';
import type { RetryPlan } from '#core/plan-failures.ts';
import { startPlane, type PlaneOptions, type TestPlane } from '../support/plane.ts';
import { until } from '../support/until.ts';
import { WireServer, dial, type Wire } from '../support/wire.ts';

const RETRY: RetryPlan = {
  attempts: 1,
  outcomes: [Outcome.connectFailure, Outcome.connectTimeout, Outcome.reset, Outcome.timeout],
  statuses: [502, 503, 504],
  methods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'],
  backoffBaseMs: 0,
  backoffMaxMs: 0,
  budgetShare: 0.2,
  budgetPerSecond: 10,
  bodyBytes: 65_536,
};

interface Rig extends TestPlane {
  readonly servers: readonly WireServer[];
  readonly client: Wire;
}

/** Round robin over the backends in order, so that the first request goes to the first. */
async function rig(t: TestContext, retry: Partial<RetryPlan> = {}, options: Partial<PlaneOptions> = {}): Promise<Rig> {
  const servers = [new WireServer(), new WireServer()];
  for (const server of servers) t.after(() => server.close());
  const ports = await Promise.all(servers.map((server) => server.listen()));
  const plane = await startPlane(t, { ports, ...options, pool: { retry: { ...RETRY, ...retry }, ...options.pool } });
  const client = await dial(plane.port);
  t.after(() => client.socket.destroy());
  return { ...plane, servers, client };
}

const GET = 'GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const UNAVAILABLE = 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy';

function nothingLeft({ tables }: TestPlane): boolean {
  return tables.slots.total.every((count) => count === 0);
}

test('a backend that closes without an answer: another one answers, and it is counted once each', async (t) => {
  const { servers, client, tables } = await rig(t);
  client.send(GET);
  const first = await servers[0]!.accept();
  const { head } = await first.message();
  first.socket.destroy();
  const second = await servers[1]!.accept();
  const again = await second.message();
  assert.equal(again.head, head, 'the same bytes, the request id included');
  second.send(OK);
  assert.equal((await client.message()).body, 'ok');
  assert.equal(tables.counters.global('retries'), 1);
  assert.equal(tables.counters.global('failovers'), 1);
  assert.equal(tables.counters.poolCount(0, POOL_RETRIES + Outcome.reset), 1);
  assert.equal(tables.counters.slotCount(1, Outcome.reset), 1);
  assert.equal(tables.counters.slotCount(2, Outcome.success), 1);
  assert.ok(tables.slots.total.every((count) => count === 0));
});

test('a status on the list: the answer is dropped whole, its connection kept, another backend answers', async (t) => {
  const it = await rig(t);
  const { servers, client, plane } = it;
  client.send(GET);
  const first = await servers[0]!.accept();
  await first.message();
  first.send(UNAVAILABLE);
  const second = await servers[1]!.accept();
  await second.message();
  second.send(OK);
  const answer = await client.message();
  assert.match(answer.head, /^HTTP\/1\.1 200 /);
  assert.equal(answer.body, 'ok');
  await until('the first connection is kept', () => plane.state.backends.get(1)?.idle.length === 1);
  assert.ok(nothingLeft(it));
});

test('regression: a retried status whose body comes later stays counted until it has been read', async (t) => {
  const it = await rig(t);
  const { servers, client, tables } = it;
  client.send(GET);
  const first = await servers[0]!.accept();
  await first.message();
  first.send('HTTP/1.1 503 No\r\nContent-Length: 4\r\n\r\n');
  const second = await servers[1]!.accept();
  await second.message();
  second.send(OK);
  assert.equal((await client.message()).body, 'ok');
  assert.equal(tables.slots.total[1], 1, 'the loser is still counted');
  first.send('busy');
  await until('nothing in flight', () => nothingLeft(it));
  assert.equal(tables.counters.slotCount(1, Outcome.gatewayError), 1);
});

test('when attempts are used up the client gets the last answer, not one of our own', async (t) => {
  const { servers, client } = await rig(t);
  client.send(GET);
  const first = await servers[0]!.accept();
  await first.message();
  first.send(UNAVAILABLE);
  const second = await servers[1]!.accept();
  await second.message();
  second.send('HTTP/1.1 503 Busy\r\nX-Who: second\r\nContent-Length: 4\r\n\r\nbusy');
  const answer = await client.message();
  assert.match(answer.head, /^HTTP\/1\.1 503 Busy\r\n/);
  assert.match(answer.head, /X-Who: second/i);
  assert.doesNotMatch(answer.head, /x-edgebalancer-reason/);
});

test('a POST that was sent is not sent again', async (t) => {
  const { servers, client, tables } = await rig(t);
  client.send('POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi');
  const first = await servers[0]!.accept();
  await first.message();
  first.socket.destroy();
  const answer = await client.message();
  assert.match(answer.head, /^HTTP\/1\.1 502 /);
  assert.match(answer.head, /x-edgebalancer-reason: upstream-reset/);
  assert.equal(tables.counters.global('retries'), 0);
  assert.equal(servers[1]!.accepted, 0);
});

test('a POST whose backend refuses the connection goes to another, its body whole, though it came in pieces', async (t) => {
  const gone = new WireServer();
  const port = await gone.listen();
  gone.close();
  const server = new WireServer();
  t.after(() => server.close());
  const plane = await startPlane(t, { ports: [port, await server.listen()], pool: { retry: RETRY } });
  const client = await dial(plane.port);
  t.after(() => client.socket.destroy());
  client.send('POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello');
  const backend = await server.accept();
  await backend.take(/\r\n\r\n/);
  client.send('world');
  await backend.until('the body', () => backend.received.length === 10);
  assert.equal(backend.received, 'helloworld');
  backend.send(OK);
  assert.equal((await client.message()).body, 'ok');
  assert.equal(plane.tables.counters.slotCount(1, Outcome.connectFailure), 1);
});

test('a PUT is repeated with its body while that fits, and not when it is larger', async (t) => {
  const { servers, client, tables } = await rig(t, { bodyBytes: 1000 });
  const put = (bytes: number) => `PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: ${bytes}\r\n\r\n`;
  client.send(put(1000));
  const first = await servers[0]!.accept();
  await first.take(/\r\n\r\n/);
  client.send('b'.repeat(1000));
  await first.until('the body', () => first.received.length === 1000);
  first.socket.destroy();
  const second = await servers[1]!.accept();
  const again = await second.message();
  assert.equal(again.body, 'b'.repeat(1000));
  second.send(OK);
  assert.equal((await client.message()).body, 'ok');
  client.send(put(1001));
  // The other one's turn: round robin goes on.
  const third = await Promise.race([servers[0]!.accept(), second.take(/\r\n\r\n/).then(() => second)]);
  client.send('b'.repeat(1001));
  await third.until('the body', () => third.received.length >= 1001);
  third.socket.destroy();
  assert.match((await client.message()).head, /^HTTP\/1\.1 502 /);
  assert.equal(tables.counters.global('retries'), 1);
});

test('bug: what frames chunks counted as body, so that a PUT in many chunks was not repeated', async (t) => {
  const { servers, client } = await rig(t, { bodyBytes: 100 });
  const body = `${'1\r\nx\r\n'.repeat(100)}0\r\n\r\n`;
  client.send('PUT /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  const first = await servers[0]!.accept();
  await first.take(/\r\n\r\n/);
  client.send(body);
  assert.equal((await first.take(/\r\n0\r\n\r\n/)).length, body.length);
  first.socket.destroy();
  const second = await servers[1]!.accept();
  assert.equal((await second.message()).body, body);
  second.send(OK);
  assert.equal((await client.message()).body, 'ok');
});

for (const [what, bytes] of [
  ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok'],
  ['an interim answer, then nonsense', 'HTTP/1.1 103 Early Hints\r\n\r\n\0\0'],
] as const) {
  test(`bug: ${what} for an answer was the client's 502, whatever the method`, async (t) => {
    const { servers, client, tables } = await rig(t, { outcomes: [Outcome.invalid] });
    client.send(GET);
    const first = await servers[0]!.accept();
    const { head } = await first.message();
    first.send(bytes);
    const second = await servers[1]!.accept();
    assert.equal((await second.message()).head, head);
    second.send(OK);
    await client.take(/HTTP\/1\.1 200 [\s\S]*\r\n\r\nok/);
    await first.end();
    assert.equal(tables.counters.slotCount(1, Outcome.invalid), 1);
    assert.equal(tables.counters.poolCount(0, POOL_RETRIES + Outcome.invalid), 1);
  });
}

test('an answer that is no HTTP is not asked for again: by a POST, or where it is not on the list', async (t) => {
  for (const [outcomes, request] of [
    [[Outcome.invalid], 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n'],
    [[Outcome.reset], GET],
  ] as const) {
    const { servers, client } = await rig(t, { outcomes });
    client.send(request);
    const first = await servers[0]!.accept();
    await first.message();
    first.send('nonsense\r\n\r\n');
    assert.match((await client.message()).head, /^HTTP\/1\.1 502 [\s\S]*x-edgebalancer-reason: upstream-invalid\r\n/);
    assert.equal(servers[1]!.accepted, 0);
  }
});

test('never once a byte of the answer went out', async (t) => {
  const { servers, client, tables } = await rig(t);
  client.send(GET);
  const first = await servers[0]!.accept();
  await first.message();
  first.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart');
  await client.take(/part/);
  first.socket.destroy();
  await client.gone();
  assert.equal(servers[1]!.accepted, 0);
  assert.equal(tables.counters.global('retries'), 0);
  assert.equal(tables.counters.slotCount(1, Outcome.truncated), 1);
});

test('a spent budget: the failure is answered, and counted', async (t) => {
  const { servers, client, tables } = await rig(t, { budgetShare: 0, budgetPerSecond: 0 });
  client.send(GET);
  const first = await servers[0]!.accept();
  await first.message();
  first.send(UNAVAILABLE);
  assert.match((await client.message()).head, /^HTTP\/1\.1 503 /);
  assert.equal(tables.counters.poolCount(0, P.budgetExhausted), 1);
  assert.equal(servers[1]!.accepted, 0);
});

test('Retry-After holds where the same backend would be asked again', async (t) => {
  const { servers, client, tables } = await rig(t, { attempts: 2 });
  tables.slots.weight[2] = 0;
  tables.slots.moveEpoch();
  client.send(GET);
  const only = await servers[0]!.accept();
  await only.message();
  only.send('HTTP/1.1 503 Later\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n');
  const answer = await client.message();
  assert.match(answer.head, /^HTTP\/1\.1 503 Later/, 'an hour is longer than the total time: the answer goes out');
  assert.equal(tables.counters.global('retries'), 0);
});

test('a client that leaves during the backoff leaves nothing behind', async (t) => {
  const it = await rig(t, { backoffBaseMs: 10_000, backoffMaxMs: 10_000 });
  const { servers, client, tables, plane } = it;
  // Full jitter may draw a backoff of no time at all.
  t.mock.method(plane, 'random', () => 0.3);
  client.send(GET);
  const first = await servers[0]!.accept();
  await first.message();
  first.socket.destroy();
  await until('the first attempt is over', () => nothingLeft(it));
  client.socket.resetAndDestroy();
  await until('the exchange is over', () => tables.counters.global('inFlight') === 0);
  assert.ok(nothingLeft(it));
  assert.equal(servers[1]!.accepted, 0);
  assert.equal(tables.counters.global('retries'), 0, 'one that has not begun is none');
});

test('a per-try time that is over is tried elsewhere, the total time is not', async (t) => {
  const { servers, client, tables } = await rig(t, {}, { route: { timeouts: { totalMs: 15_000, perTryMs: 100 } } });
  client.send(GET);
  const first = await servers[0]!.accept();
  await first.message();
  const second = await servers[1]!.accept();
  await second.message();
  second.send(OK);
  assert.equal((await client.message()).body, 'ok');
  assert.equal(tables.counters.poolCount(0, POOL_RETRIES + Outcome.timeout), 1);

  const bound = await rig(t, { attempts: 9 }, { route: { timeouts: { totalMs: 150, perTryMs: 100 } } });
  bound.client.send(GET);
  const answer = await bound.client.message();
  assert.match(answer.head, /^HTTP\/1\.1 504 /);
  assert.match(answer.head, /x-edgebalancer-reason: upstream-timeout/);
  assert.ok(nothingLeft(bound));
});

test('tier 1 is asked when all of tier 0 has been tried', async (t) => {
  const servers = [new WireServer(), new WireServer()];
  for (const server of servers) t.after(() => server.close());
  const ports = await Promise.all(servers.map((server) => server.listen()));
  const { planFor } = await import('../support/plane.ts');
  const [one, two] = planFor({ ports }).pools[0]!.backends;
  const { port, tables } = await startPlane(t, {
    ports,
    pool: { retry: RETRY, backends: [one!, { ...two!, tier: 1 }] },
  });
  const client = await dial(port);
  t.after(() => client.socket.destroy());
  client.send(GET);
  const first = await servers[0]!.accept();
  await first.message();
  first.socket.destroy();
  const second = await servers[1]!.accept();
  await second.message();
  second.send(OK);
  assert.equal((await client.message()).body, 'ok');
  assert.equal(tables.counters.global('failovers'), 1);
});
