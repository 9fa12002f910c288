/** What cannot be arranged with real sockets: a connection that never stands, an end that no event has told of yet. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HealthState } from '#core/health-state.ts';
import { Outcome } from '#core/outcome.ts';
import { layTables, tablesBytes, type Tables } from '#memory/tables.ts';
import type { Connection, ConnectionHandler, Transport } from '#transport/transport.ts';
import { planFor, type PlaneOptions } from '../../test/support/plane.ts';
import { DataPlane } from './data-plane.ts';

class FakeConnection implements Connection {
  handler: ConnectionHandler;
  readonly remoteAddress = '192.0.2.1';
  readonly remotePort = 1;
  readonly pendingBytes = 0;
  written = '';
  destroyed = false;
  silent = true;
  constructor(handler: ConnectionHandler) {
    this.handler = handler;
  }
  write(buffer: Buffer, start: number, end: number): boolean {
    this.written += buffer.toString('latin1', start, end);
    return true;
  }
  isSilent(): boolean {
    return this.silent;
  }
  pause(): void {}
  resume(): void {}
  end(): void {}
  destroy(): void {
    this.destroyed = true;
  }
  reset(): void {
    this.destroyed = true;
  }
  /** Its peer sends. */
  receive(text: string): void {
    const bytes = Buffer.from(text, 'latin1');
    this.handler.onRead(bytes, 0, bytes.length);
  }
}

const inTheClear = (): never => {
  throw new Error('these connections are in the clear');
};

const NOBODY: ConnectionHandler = { onConnect() {}, onRead() {}, onEnd() {}, onDrain() {}, onClose() {} };

interface Bed {
  readonly plane: DataPlane;
  readonly tables: Tables;
  readonly client: FakeConnection;
  /** Connections to the backend, in the order in which they were begun. */
  readonly dialled: FakeConnection[];
}

async function bed(options: Omit<PlaneOptions, 'ports'> = {}): Promise<Bed> {
  const capacity = { workers: 1, slots: 8, routes: 2, pools: 2, limits: 2, bucketSets: 2 };
  const tables = layTables(new ArrayBuffer(tablesBytes(capacity)), capacity);
  tables.slots.weight[1] = 1;
  tables.slots.health[1] = HealthState.unchecked;
  const dialled: FakeConnection[] = [];
  let accept: (connection: Connection) => void = () => {};
  const transport: Transport = {
    name: 'fake',
    listen: (_options, onAccept) => {
      accept = onAccept;
      return Promise.resolve({ port: 1, close: () => {} });
    },
    tlsAcceptor: inTheClear,
    tlsConnector: inTheClear,
    connect: (_address, handler) => {
      const connection = new FakeConnection(handler);
      dialled.push(connection);
      return connection;
    },
  };
  const plane = new DataPlane(transport, tables, 0, planFor({ ports: [9], ...options }));
  await plane.listen('public', 0);
  const client = new FakeConnection(NOBODY);
  accept(client);
  return { plane, tables, client, dialled };
}

test('a connection that does not stand in time is given up: 504, counted as a connect timeout', async () => {
  const { plane, tables, client, dialled } = await bed({ pool: { timeouts: { connectMs: 2000 } } });
  // The deadline is armed between these two moments, which a busy machine may put far apart.
  const before = performance.now();
  client.receive('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const after = performance.now();
  assert.equal(tables.slots.total[1], 1, 'in flight while it connects');
  plane.wheel.advance(before + 1900);
  assert.equal(client.written, '');
  plane.wheel.advance(after + 2200);
  assert.match(client.written, /^HTTP\/1\.1 504 [\s\S]*x-edgebalancer-reason: connect-failed\r\n/);
  assert.equal(dialled[0]?.destroyed, true);
  assert.equal(tables.counters.slotCount(1, Outcome.connectTimeout), 1);
  assert.equal(tables.slots.total[1], 0);
});

for (const [what, request, rest] of [
  ['', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', ''],
  [' by a request whose body ends meanwhile', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx', 'y'],
] as const)
  test(`bug: the total time did not bound connecting${what}`, async () => {
    const { plane, tables, client, dialled } = await bed({
      route: { timeouts: { totalMs: 1000, perTryMs: 0 } },
      pool: { timeouts: { connectMs: 60_000 } },
    });
    const before = performance.now();
    client.receive(request);
    if (rest !== '') client.receive(rest);
    const after = performance.now();
    plane.wheel.advance(before + 900);
    assert.equal(client.written, '');
    plane.wheel.advance(after + 1200);
    assert.match(client.written, /^HTTP\/1\.1 504 [\s\S]*x-edgebalancer-reason: timeout\r\n/);
    assert.equal(dialled[0]?.destroyed, true);
    assert.equal(tables.counters.slotCount(1, Outcome.timeout), 1);
    assert.equal(tables.slots.total[1], 0);
  });

test('a client that is still sending is not held to the total time', async () => {
  const { plane, client } = await bed({
    route: { timeouts: { totalMs: 1000, perTryMs: 0 } },
    pool: { timeouts: { connectMs: 2000 } },
  });
  client.receive('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx');
  const after = performance.now();
  plane.wheel.advance(after + 1500);
  assert.equal(client.written, '');
  plane.wheel.advance(after + 2200);
  assert.match(client.written, /x-edgebalancer-reason: connect-failed\r\n/);
});

const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx';

/** A connection to the backend that has carried one request and waits, for longer than it is used without a look. */
async function kept(fields = ''): Promise<Bed & { first: FakeConnection }> {
  const made = await bed();
  made.client.receive('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const first = made.dialled[0] as FakeConnection;
  first.handler.onConnect();
  first.receive(`HTTP/1.1 200 OK\r\n${fields}Content-Length: 0\r\n\r\n`);
  const begun = performance.now();
  while (performance.now() - begun < 12);
  return { ...made, first };
}

test('a kept connection is used again', async () => {
  const { client, dialled, first } = await kept('Keep-Alive: timeout=5\r\n');
  client.receive(POST);
  assert.equal(dialled.length, 1);
  assert.match(first.written, /POST \//);
});

test('bug: a POST went into a connection whose end had come but was not told yet', async () => {
  const { plane, client, dialled, first } = await kept();
  first.silent = false;
  client.receive(POST);
  assert.equal(first.destroyed, true);
  assert.equal(dialled.length, 2, 'a new connection');
  dialled[1]?.handler.onConnect();
  assert.match(dialled[1]?.written ?? '', /^POST \//);
  assert.doesNotMatch(first.written, /POST/);
  assert.equal(plane.state.backends.get(1)?.idle.length, 0);
});

test('bug: a connection was used until its end where the backend had said when that is', async () => {
  const { plane, client, dialled, first } = await kept('Keep-Alive: timeout=1\r\n');
  // Half of that second is over, and the clock has not come round to say so.
  const [idle] = plane.state.backends.get(1)?.idle ?? [];
  assert.ok(idle !== undefined && idle.deadlineAt - performance.now() <= 500);
  assert.equal(idle.isUsable(idle.deadlineAt - 1), true);
  assert.equal(idle.isUsable(idle.deadlineAt), false);
  plane.wheel.advance(performance.now() + 700);
  assert.equal(first.destroyed, true);
  client.receive(POST);
  assert.equal(dialled.length, 2);
});

for (const terms of ['timeout=0', 'timeout=5, max=0'])
  test(`a connection is not kept where the backend says ${terms}`, async () => {
    const { client, dialled, first } = await kept(`Keep-Alive: ${terms}\r\n`);
    assert.equal(first.destroyed, true);
    client.receive(POST);
    assert.equal(dialled.length, 2);
  });
