/**
 * Clients that mean harm, or are broken in a way that looks like it: each meets a limit and a reason, its connection is gone
 * in time, a good client beside it is served meanwhile, and nothing is left behind.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { ask } from '../support/origin.ts';
import { startPlane, type PlaneOptions, type TestPlane } from '../support/plane.ts';
import { until } from '../support/until.ts';
import { dial, WireServer, type Wire } from '../support/wire.ts';

const POST = 'POST /x HTTP/1.1\r\nHost: a.example\r\n';

interface Rig extends TestPlane {
  /** Asks as a good client does, and is answered. */
  readonly served: () => Promise<void>;
  readonly attacker: () => Promise<Wire>;
  /** Everything that the attack began has ended. */
  readonly nothingLeft: () => Promise<void>;
}

async function rig(t: TestContext, options: Partial<PlaneOptions> = {}): Promise<Rig> {
  const plane = await startPlane(t, { ports: [await patientOrigin(t)], ...options });
  const { counters, slots } = plane.tables;
  return {
    ...plane,
    served: async () => {
      const { status, body } = await ask(plane.port, '/good');
      assert.deepEqual([status, body], [200, 'fine']);
    },
    attacker: async () => {
      const client = await dial(plane.port, true);
      client.socket.on('error', () => {});
      t.after(() => client.socket.destroy());
      return client;
    },
    nothingLeft: async () => {
      await until('nothing in flight', () => counters.global('inFlight') === 0 && slots.total[1] === 0);
      await until('all connections are gone', () => counters.global('connections') === 0);
    },
  };
}

/** A backend that reads the whole request before it answers. Its port. */
async function patientOrigin(t: TestContext): Promise<number> {
  const server = createServer((incoming, response) => {
    incoming.resume();
    incoming.on('end', () => response.end('fine'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Writes `piece` again and again for as long as the other side takes it. */
function pour(client: Wire, piece: Buffer): void {
  const more = (): void => {
    while (client.socket.writable && client.socket.write(piece));
  };
  client.socket.on('drain', more);
  more();
}

/** Writes a little every few milliseconds. */
function trickle(t: TestContext, client: Wire, piece: string): void {
  const timer = setInterval(() => {
    if (client.socket.writable) client.send(piece);
  }, 10);
  t.after(() => clearInterval(timer));
}

function expectRefusal(head: string, status: number, reason: string): void {
  assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*x-edgebalancer-reason: ${reason}\r\n`));
  assert.match(head, /\r\nconnection: close\r\n/);
}

test('a head that trickles: 408 when its time is over', async (t) => {
  const { attacker, served, nothingLeft } = await rig(t, { listener: { timeouts: { headerMs: 200 } } });
  const clients = await Promise.all(Array.from({ length: 20 }, attacker));
  for (const client of clients) {
    client.send('GET / HTTP/1.1\r\n');
    trickle(t, client, 'x: y\r\n');
  }
  await served();
  for (const client of clients) {
    expectRefusal((await client.message()).head, 408, 'timeout');
    await client.end();
    client.socket.destroy();
  }
  await nothingLeft();
});

for (const [what, head, piece] of [
  ['of a known length', `${POST}Content-Length: 100000\r\n\r\n`, 'x'],
  ['in chunks', `${POST}Transfer-Encoding: chunked\r\n\r\n`, '1\r\nx\r\n'],
] as const) {
  test(`a body ${what} that trickles: 408 after a period below the pace`, async (t) => {
    const { attacker, served, nothingLeft } = await rig(t, {
      listener: { timeouts: { bodyMs: 300 }, limits: { bodyBytesPerSecond: 1000 } },
    });
    const clients = await Promise.all(Array.from({ length: 20 }, attacker));
    for (const client of clients) {
      client.send(head);
      trickle(t, client, piece);
    }
    await served();
    for (const client of clients) {
      const answer = await client.message();
      expectRefusal(answer.head, 408, 'timeout');
      await client.end();
      client.socket.destroy();
    }
    await nothingLeft();
  });
}

test('a body that keeps the pace may take many periods', async (t) => {
  const { attacker, nothingLeft } = await rig(t, {
    listener: { timeouts: { bodyMs: 300 }, limits: { bodyBytesPerSecond: 100 } },
  });
  const client = await attacker();
  client.send(`${POST}Content-Length: 20000\r\n\r\n`);
  // 200 pieces, one each 10 ms at the earliest.
  trickle(t, client, 'x'.repeat(100));
  assert.match((await client.message()).head, /^HTTP\/1\.1 200 /);
  client.socket.destroy();
  await nothingLeft();
});

test('a client that waits because the backend takes nothing is not the slow one', async (t) => {
  const server = new WireServer();
  t.after(() => server.close());
  const { attacker, tables } = await rig(t, {
    ports: [await server.listen()],
    listener: { timeouts: { bodyMs: 600 }, limits: { bodyBytesPerSecond: 1000 } },
  });
  const client = await attacker();
  const bytes = 32 * 1024 * 1024;
  client.send(`${POST}Content-Length: ${bytes}\r\n\r\n`);
  const backend = await server.accept();
  backend.socket.pause();
  client.socket.write(Buffer.alloc(bytes, 'x'));
  await until('the client is not read any more', () => stands(() => tables.counters.global('bytesIn')));
  // Another one is too slow meanwhile: several periods go by.
  for (let other = 0; other < 3; other++) {
    const slow = await attacker();
    slow.send(`${POST}Content-Length: 5\r\n\r\nab`);
    expectRefusal((await slow.message()).head, 408, 'timeout');
  }
  assert.equal(client.received, '');
  let received = 0;
  backend.socket.removeAllListeners('data');
  backend.socket.on('data', (text: string) => {
    received += text.length;
  });
  backend.socket.resume();
  await until('the whole body', () => received >= bytes);
  backend.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  assert.match((await client.message()).head, /^HTTP\/1\.1 200 /);
});

/** Whether a count stays the same over some turns of the loop. */
async function stands(count: () => number): Promise<boolean> {
  const before = count();
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
  return count() === before && before > 0;
}

test('a client that does not read its answer is reset, and the backend is let go', async (t) => {
  const server = new WireServer();
  t.after(() => server.close());
  const { attacker, tables } = await rig(t, {
    ports: [await server.listen()],
    listener: { timeouts: { writeMs: 100 } },
  });
  const client = await attacker();
  client.socket.pause();
  client.send('GET /endless HTTP/1.1\r\nHost: a\r\n\r\n');
  const backend = await server.accept();
  await backend.message();
  backend.send('HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n');
  pour(backend, Buffer.alloc(1 << 20));
  // A good one is served by another connection to the backend.
  const good = await attacker();
  good.send('GET /good HTTP/1.1\r\nHost: a\r\n\r\n');
  const other = await server.accept();
  await other.message();
  other.send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine');
  assert.equal((await good.message()).body, 'fine');
  await backend.gone();
  await until('nothing in flight', () => tables.counters.global('inFlight') === 0 && tables.slots.total[1] === 0);
  good.socket.destroy();
  await until('only the good one was left', () => tables.counters.global('connections') === 0);
});

test('a client that takes its early answer late, and then sends no more of its body, is cut off', async (t) => {
  const server = new WireServer();
  t.after(() => server.close());
  const { attacker, tables, nothingLeft } = await rig(t, {
    ports: [await server.listen()],
    listener: { timeouts: { bodyMs: 200 } },
  });
  const client = await attacker();
  client.socket.pause();
  client.send(`${POST}Content-Length: 10\r\n\r\nhello`);
  const backend = await server.accept();
  await backend.take(/\r\n\r\n/);
  backend.send('HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n');
  backend.socket.write(Buffer.alloc(32 * 1024 * 1024));
  await until('the client takes no more', () => stands(() => tables.counters.global('bytesOut')));
  client.socket.resume();
  await client.end();
  client.socket.destroy();
  await backend.end();
  await nothingLeft();
});

test('more connections than the listener may have are closed at once, and those within it are served', async (t) => {
  const { attacker, served, tables, nothingLeft } = await rig(t, { listener: { limits: { connections: 20 } } });
  const good = await attacker();
  const ask = async (): Promise<string> => {
    good.send('GET /good HTTP/1.1\r\nHost: a\r\n\r\n');
    return (await good.message()).body;
  };
  assert.equal(await ask(), 'fine');
  const flood = await Promise.all(Array.from({ length: 100 }, attacker));
  assert.equal(await ask(), 'fine', 'while the flood lasts');
  await until('the rest is refused', () => tables.counters.global('connectionsRefused') === 81);
  assert.equal(tables.counters.global('connections'), 20);
  assert.equal(tables.listeners.total[0], 20);
  await until('they are gone', () => flood.filter(({ ended }) => ended).length === 81);
  for (const client of flood) client.socket.destroy();
  await until('their places are free', () => tables.counters.global('connections') === 1);
  await served();
  good.socket.destroy();
  await nothingLeft();
  assert.equal(tables.listeners.total[0], 0);
});

test('a flood of tiny chunks: 400', async (t) => {
  const { attacker, served, nothingLeft } = await rig(t);
  const client = await attacker();
  client.send(`${POST}Transfer-Encoding: chunked\r\n\r\n`);
  pour(client, Buffer.from('1\r\nx\r\n'.repeat(1000), 'latin1'));
  await served();
  const { head, body } = await client.message();
  expectRefusal(head, 400, 'bad-request');
  assert.match(body, /chunks/);
  await client.end();
  client.socket.destroy();
  await nothingLeft();
});

for (const [what, begin, piece, status, reason] of [
  ['empty lines', '', '\r\n', 400, 'bad-request'],
  ['field lines', 'GET / HTTP/1.1\r\nHost: a\r\n', 'x: y\r\n', 431, 'too-large'],
  ['one field line', 'GET / HTTP/1.1\r\nHost: a\r\nX: ', 'x', 431, 'too-large'],
  ['a target', 'GET /', 'x', 414, 'too-large'],
  ['a method', '', 'X', 431, 'too-large'],
  ['trailers', `${POST}Transfer-Encoding: chunked\r\n\r\n0\r\n`, 'x: y\r\n', 400, 'bad-request'],
  ['one trailer', `${POST}Transfer-Encoding: chunked\r\n\r\n0\r\nx: `, 'x', 400, 'bad-request'],
  ['a chunk extension', `${POST}Transfer-Encoding: chunked\r\n\r\n1;`, 'x', 400, 'bad-request'],
  ['zeros of a chunk size', `${POST}Transfer-Encoding: chunked\r\n\r\n`, '0', 400, 'bad-request'],
] as const) {
  test(`${what} without end: ${status}`, async (t) => {
    const { attacker, served, nothingLeft } = await rig(t);
    const client = await attacker();
    client.send(begin);
    pour(client, Buffer.from(piece.repeat(200), 'latin1'));
    await served();
    expectRefusal((await client.message()).head, status, reason);
    await client.end();
    client.socket.destroy();
    await nothingLeft();
  });
}

test('a request in segments of one byte each is answered', async (t) => {
  const { attacker, served, nothingLeft } = await rig(t);
  const client = await attacker();
  client.socket.setNoDelay(true);
  const body = 'x'.repeat(300);
  const chunks = [...body].map((byte) => `1\r\n${byte}\r\n`).join('');
  const text = `${POST}X-Long: ${'y'.repeat(4000)}\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`;
  for (const byte of text) {
    client.send(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await served();
  assert.equal((await client.message()).body, 'fine');
  client.socket.destroy();
  await nothingLeft();
});

test('thousands of requests at once that cost nothing to answer do not keep others waiting', async (t) => {
  const { attacker, tables, nothingLeft } = await rig(t, {
    route: { match: { hosts: ['known.example'], path: '/', exact: false, methods: [], headers: [] } },
  });
  const [flood, good] = [await attacker(), await attacker()];
  // Both are known to the plane before either sends.
  await until('both are accepted', () => tables.counters.global('connections') === 2);
  const count = 20_000;
  flood.socket.write(Buffer.from('GET /none HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(count), 'latin1'));
  good.send('GET /good HTTP/1.1\r\nHost: known.example\r\n\r\n');
  assert.equal((await good.message()).body, 'fine');
  const before = tables.counters.global('requests');
  t.diagnostic(`${before} of the flood's ${count} requests had been answered by then`);
  assert.ok(before < count / 4, `${before} of ${count} came first`);
  await until('all are answered', () => tables.counters.global('requests') === count + 1);
  flood.socket.destroy();
  good.socket.destroy();
  await nothingLeft();
});

test('requests that wait for their turn are answered though the client has ended its side', async (t) => {
  const { attacker, nothingLeft } = await rig(t, {
    route: { match: { hosts: ['known.example'], path: '/', exact: false, methods: [], headers: [] } },
  });
  const client = await attacker();
  const count = 200;
  client.socket.end(Buffer.from('GET /none HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(count), 'latin1'));
  await client.end();
  assert.equal(client.received.match(/^HTTP\/1\.1 404 /gm)?.length, count);
  await nothingLeft();
});
