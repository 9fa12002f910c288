/**
 * Backends that mean harm, or are broken in a way that looks like it: whoever asked gets an answer with a reason (or a cut
 * that cannot be taken for a whole answer), the connection is not used again, others are served, and nothing is left behind.
 */
import assert from 'node:assert/strict';
import { createConnection, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { Worker } from 'node:worker_threads';
import { Outcome } from '#core/outcome.ts';
import { ask } from '../support/origin.ts';
import { ENGINES, startPlane, type PlaneOptions, type TestPlane } from '../support/plane.ts';
import { until } from '../support/until.ts';
import { dial, WireServer, type Wire } from '../support/wire.ts';

const OK = 'HTTP/1.1 200 OK\r\n';
const EVIL = 'GET /evil HTTP/1.1\r\nHost: a.example\r\n\r\n';
const SOON_MS = 200;

interface Rig extends TestPlane {
  readonly server: WireServer;
  readonly client: Wire;
  readonly served: () => Promise<void>;
  readonly nothingLeft: () => Promise<void>;
}

/** A backend that answers `/good` as it should; any other request is handed to `evil`. */
async function rig(t: TestContext, evil: (wire: Wire) => void, options: Partial<PlaneOptions> = {}): Promise<Rig> {
  const server = new WireServer();
  const plane = await startPlane(t, { ports: [await server.listen()], ...options });
  void answerAll(t, server, evil);
  const client = await dial(plane.port);
  client.socket.on('error', () => {});
  t.after(() => client.socket.destroy());
  const { counters, slots } = plane.tables;
  return {
    ...plane,
    server,
    client,
    served: async () => {
      const { status, body } = await ask(plane.port, '/good');
      assert.deepEqual([status, body], [200, 'fine']);
    },
    nothingLeft: async () => {
      client.socket.destroy();
      await until('nothing in flight', () => counters.global('inFlight') === 0 && slots.total[1] === 0);
      await until('all connections are gone', () => counters.global('connections') === 0);
    },
  };
}

async function answerAll(t: TestContext, server: WireServer, evil: (wire: Wire) => void): Promise<void> {
  let open = true;
  t.after(() => {
    open = false;
    server.close();
  });
  const answer = async (wire: Wire): Promise<void> => {
    t.after(() => wire.socket.destroy());
    while (wire.closed === null) {
      const head = await wire.take(/\r\n\r\n/);
      if (!head.startsWith('GET /good ')) {
        evil(wire);
        return;
      }
      wire.send(`${OK}Content-Length: 4\r\n\r\nfine`);
    }
  };
  while (open) void answer(await server.accept()).catch(() => {});
}

function pour(wire: Wire, piece: string): void {
  const bytes = Buffer.from(piece, 'latin1');
  const more = (): void => {
    while (wire.socket.writable && wire.socket.write(bytes));
  };
  wire.socket.on('drain', more);
  more();
}

function trickle(t: TestContext, wire: Wire, text: string): void {
  let at = 0;
  const timer = setInterval(() => {
    if (wire.socket.writable) wire.send(text[at++ % text.length] as string);
  }, 10);
  t.after(() => clearInterval(timer));
}

for (const [what, evil] of [
  [
    'informational answers without end',
    (wire: Wire) => pour(wire, 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(50)),
  ],
  ['field lines without end', (wire: Wire) => pour(wire, `${OK}${'x: y\r\n'.repeat(1000)}`)],
  ['one field line without end', (wire: Wire) => pour(wire, `${OK}X: ${'x'.repeat(1e6)}`)],
  ['a reason phrase without end', (wire: Wire) => pour(wire, `HTTP/1.1 200 ${'x'.repeat(1e6)}`)],
  ['bytes that are no answer', (wire: Wire) => pour(wire, '\0\x01\x02garbage\r\n\r\n'.repeat(100))],
  ['another protocol', (wire: Wire) => pour(wire, 'SSH-2.0-OpenSSH_9.6\r\n')],
  ['HTTP/2', (wire: Wire) => pour(wire, '\0\0\x12\x04\0\0\0\0\0')],
] as const) {
  for (const { engine, lean } of ENGINES) {
    test(`${engine}: ${what}: 502`, async (t) => {
      let wire: Wire | null = null;
      const { client, served, nothingLeft, tables } = await rig(t, (it) => evil((wire = it)), { lean });
      client.send(EVIL);
      await served();
      const head = await finalHead(client);
      assert.match(head, /^HTTP\/1\.1 502 [\s\S]*x-edgebalancer-reason: upstream-invalid\r\n/);
      await (wire as unknown as Wire).gone();
      assert.equal(tables.counters.slotCount(1, Outcome.invalid), 1);
      await nothingLeft();
    });
  }
}

/** The first head that is not informational. */
async function finalHead(client: Wire): Promise<string> {
  for (;;) {
    const head = await client.take(/\r\n\r\n/);
    if (!head.startsWith('HTTP/1.1 1')) return head;
  }
}

test('a head that dribbles, or never comes: 504 when the time for it is over, however steadily it dribbles', async (t) => {
  const { client, served, nothingLeft, tables } = await rig(
    t,
    (wire) => trickle(t, wire, `${OK}X-Long: ${'y'.repeat(5000)}`),
    {
      pool: { timeouts: { firstByteMs: SOON_MS } },
    },
  );
  client.send(EVIL);
  await served();
  assert.match((await client.message()).head, /^HTTP\/1\.1 504 [\s\S]*x-edgebalancer-reason: upstream-timeout\r\n/);
  assert.equal(tables.counters.slotCount(1, Outcome.timeout), 1);
  await nothingLeft();
});

test('informational answers do not put off the end of the wait', async (t) => {
  const { client, nothingLeft } = await rig(t, (wire) => trickle(t, wire, 'HTTP/1.1 102 Processing\r\n\r\n'), {
    pool: { timeouts: { firstByteMs: 500 } },
  });
  client.send(EVIL);
  const head = await finalHead(client);
  assert.match(head, /^HTTP\/1\.1 50[24] /);
  await nothingLeft();
});

for (const [what, begin, piece] of [
  ['trailers', '0\r\n', 'x: y\r\n'.repeat(100)],
  ['one trailer', '0\r\nx: ', 'x'.repeat(1000)],
  ['a chunk extension', '1;', 'x'.repeat(1000)],
  ['tiny chunks', '', '1\r\nx\r\n'.repeat(1000)],
] as const) {
  test(`${what} without end: the answer is cut, and nobody takes it for whole`, async (t) => {
    const { client, served, nothingLeft, tables } = await rig(t, (wire) => {
      wire.send(`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`);
      wire.send(begin);
      pour(wire, piece);
    });
    client.send(EVIL);
    await served();
    await client.end();
    assert.match(client.received, /^HTTP\/1\.1 200 /);
    assert.doesNotMatch(client.received, /\r\n0\r\n(?:[^\r\n]+\r\n)*\r\n$/);
    assert.equal(tables.counters.slotCount(1, Outcome.invalid), 1);
    await nothingLeft();
  });
}

test('an answer sent before it was asked for is not given to whoever asks next', async (t) => {
  const { client, server, served, nothingLeft } = await rig(t, (wire) => {
    wire.send(`${OK}Content-Length: 4\r\n\r\nevil`);
  });
  await served();
  const accepted = server.accepted;
  // The kept connection says more than it was asked, while nobody asks.
  const kept = server.latest as Wire;
  kept.send(`${OK}Content-Length: 6\r\n\r\npoison`);
  await kept.end();
  await served();
  assert.equal(server.accepted, accepted + 1);
  client.send(EVIL);
  assert.equal((await client.message()).body, 'evil', 'what a backend says when asked is its own affair');
  await nothingLeft();
});

test('an answer with another one right behind it: the second belongs to nobody', async (t) => {
  const { client, served, nothingLeft } = await rig(t, (wire) => {
    wire.send(`${OK}Content-Length: 4\r\n\r\nevil${OK}Content-Length: 6\r\n\r\npoison`);
  });
  client.send(EVIL);
  assert.equal((await client.message()).body, 'evil');
  for (let round = 0; round < 5; round++) await served();
  assert.equal(client.received, '');
  await nothingLeft();
});

test('a backend that reads nothing of a large request: 504, not a wait without an end', async (t) => {
  const { client, served, nothingLeft } = await rig(t, (wire) => void wire.socket.pause(), {
    pool: { timeouts: { firstByteMs: 1000, bodyMs: SOON_MS } },
  });
  const bytes = 32 * 1024 * 1024;
  client.send(`POST /evil HTTP/1.1\r\nHost: a\r\nContent-Length: ${bytes}\r\n\r\n`);
  client.socket.write(Buffer.alloc(bytes, 'x'));
  await served();
  assert.match((await client.message()).head, /^HTTP\/1\.1 504 [\s\S]*x-edgebalancer-reason: upstream-timeout\r\n/);
  await client.end();
  await nothingLeft();
});

test('a backend that accepts nobody (its backlog is full): 504 when the time to connect is over', async (t) => {
  const { port, end } = await deafServer();
  t.after(end);
  const fillers = await fill(port);
  t.after(() => fillers.forEach((socket) => socket.destroy()));
  const plane = await startPlane(t, { ports: [port], pool: { timeouts: { connectMs: SOON_MS } } });
  const reply = await ask(plane.port, '/');
  assert.equal(reply.status, 504);
  assert.equal(reply.headers['x-edgebalancer-reason'], 'connect-failed');
  assert.equal(plane.tables.counters.slotCount(1, Outcome.connectTimeout), 1);
  assert.equal(plane.tables.slots.total[1], 0);
});

/** A thread that listens with the shortest backlog and then never looks at its sockets again. */
async function deafServer(): Promise<{ port: number; end: () => Promise<number> }> {
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads');
     const server = require('node:net').createServer();
     server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
     });`,
    { eval: true },
  );
  const port = await new Promise<number>((resolve) => worker.once('message', resolve));
  return { port, end: () => worker.terminate() };
}

/**
 * Connects until the kernel keeps the next one waiting: that has no event of its own, but on loopback a connection stands
 * within the call, unless there is no room for it.
 */
async function fill(port: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  for (let count = 0; count < 64; count++) {
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.on('error', () => {});
    sockets.push(socket);
    const connected = await Promise.race([
      new Promise<boolean>((resolve) => socket.once('connect', () => resolve(true))),
      new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 300)),
    ]);
    if (!connected) return sockets;
  }
  throw new Error('the backlog never filled up');
}
