/** What every transport engine must do; `engine.test.ts` runs it over each of them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Connection, ConnectionHandler, SocketAddress, Transport } from '#transport/transport.ts';
import { dial, type Wire } from '../support/wire.ts';

/** Records what happens, and lets a test wait for it. */
export class Recorder implements ConnectionHandler {
  text = '';
  readonly events: string[] = [];
  onBytes: ((buffer: Buffer, start: number, end: number) => void) | null = null;
  #waiting: (() => void)[] = [];

  onConnect(): void {
    this.#note('connect');
  }
  onRead(buffer: Buffer, start: number, end: number): void {
    this.text += buffer.toString('latin1', start, end);
    this.onBytes?.(buffer, start, end);
    this.#note('read');
  }
  onEnd(): void {
    this.#note('end');
  }
  onDrain(): void {
    this.#note('drain');
  }
  onClose(error: string | null): void {
    this.#note(`close ${error ?? 'clean'}`);
  }
  async until(test: () => boolean): Promise<void> {
    while (!test()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
  async event(name: string): Promise<void> {
    await this.until(() => this.events.some((event) => event.startsWith(name)));
  }
  #note(event: string): void {
    this.events.push(event);
    for (const resume of this.#waiting.splice(0)) resume();
  }
}

interface Accepted {
  readonly connection: Connection;
  readonly handler: Recorder;
}

async function listen(
  t: TestContext,
  transport: Transport,
  address: SocketAddress,
): Promise<{ port: number; next: () => Promise<Accepted> }> {
  const queue: Accepted[] = [];
  const waiting: (() => void)[] = [];
  const listener = await transport.listen({ address, shared: false, backlog: 128 }, (connection) => {
    const handler = new Recorder();
    connection.handler = handler;
    queue.push({ connection, handler });
    t.after(() => connection.destroy());
    waiting.shift()?.();
  });
  t.after(() => listener.close());
  const next = async (): Promise<Accepted> => {
    while (queue.length === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    return queue.shift() as Accepted;
  };
  return { port: listener.port, next };
}

const LOOPBACK: SocketAddress = { kind: 'tcp', host: '127.0.0.1', port: 0 };

/** Clients of the connections that are accepted: `reset` is the way down to the plain socket's. */
export interface Dialled {
  readonly wire: Wire;
  readonly reset: () => void;
}

export async function dialPlain(port: number, halfOpen = false): Promise<Dialled> {
  const wire = await dial(port, halfOpen);
  return { wire, reset: () => void wire.socket.resetAndDestroy() };
}

/** Of connections that are accepted, over whatever `call` speaks. */
export function conformAccepted(name: string, make: () => Transport, call: typeof dialPlain): void {
  const dial = async (port: number, halfOpen = false): Promise<Wire> => (await call(port, halfOpen)).wire;
  test(`${name}: bytes pass both ways and the peer's address is known`, async (t) => {
    const { port, next } = await listen(t, make(), LOOPBACK);
    const wire = await dial(port);
    const { connection, handler } = await next();
    assert.equal(connection.remoteAddress, '127.0.0.1');
    assert.equal(connection.remotePort, wire.socket.localPort);
    wire.send('ping');
    await handler.until(() => handler.text === 'ping');
    assert.equal(connection.write(Buffer.from('..pong..'), 2, 6), true);
    await wire.take(/^pong$/);
    wire.socket.destroy();
    await handler.event('end');
  });

  test(`${name}: bytes given to write belong to the caller again at once, even when the kernel is full`, async (t) => {
    const { port, next } = await listen(t, make(), LOOPBACK);
    const wire = await dial(port);
    wire.socket.pause();
    const { connection, handler } = await next();
    const block = Buffer.alloc(256 * 1024);
    let blocks = 0;
    let flowing = true;
    while (flowing) {
      block.fill(65 + (blocks % 26));
      flowing = connection.write(block, 0, block.length);
      blocks++;
      block.fill(33);
    }
    assert.ok(connection.pendingBytes > 0 && !handler.events.includes('drain'));
    connection.write(Buffer.from('end'), 0, 3);
    wire.socket.resume();
    await wire.until('all of it', () => wire.received.endsWith('end'));
    assert.equal(wire.received.length, blocks * block.length + 3);
    for (let i = 0; i < blocks; i++) {
      assert.equal(wire.received[i * block.length], String.fromCharCode(65 + (i % 26)));
      assert.equal(wire.received[(i + 1) * block.length - 1], String.fromCharCode(65 + (i % 26)));
    }
    await handler.event('drain');
    assert.equal(connection.pendingBytes, 0);
    wire.socket.destroy();
  });

  test(`${name}: a paused connection reads nothing until it resumes`, async (t) => {
    const { port, next } = await listen(t, make(), LOOPBACK);
    const wire = await dial(port);
    const { connection, handler } = await next();
    connection.pause();
    wire.send('held back');
    // A second connection's round trip shows that the loop has turned.
    const other = await dial(port);
    const second = await next();
    other.send('x');
    await second.handler.event('read');
    const read = handler.text;
    connection.resume();
    await handler.until(() => handler.text === 'held back');
    assert.ok(read === '' || read === 'held back', 'at most one read may still come');
    for (const end of [wire, other]) end.socket.destroy();
  });

  test(`${name}: either side may end first, and the other go on`, async (t) => {
    const { port, next } = await listen(t, make(), LOOPBACK);
    const wire = await dial(port, true);
    const { connection, handler } = await next();
    wire.socket.end('last words');
    await handler.event('end');
    assert.equal(handler.text, 'last words');
    connection.write(Buffer.from('an answer'), 0, 9);
    connection.end();
    await wire.take(/an answer/);
    await wire.gone();
    await handler.event('close clean');
    assert.deepEqual(
      handler.events.filter((event) => event !== 'read' && event !== 'drain'),
      ['end', 'close clean'],
    );
  });

  test(`${name}: end sends what is kept first`, async (t) => {
    const { port, next } = await listen(t, make(), LOOPBACK);
    const wire = await dial(port, true);
    wire.socket.pause();
    const { connection } = await next();
    const block = Buffer.alloc(1 << 20, 'z');
    let bytes = 0;
    do bytes += block.length;
    while (connection.write(block, 0, block.length));
    connection.end();
    wire.socket.resume();
    await wire.end();
    assert.equal(wire.received.length, bytes);
    wire.socket.end();
  });

  test(`${name}: reset is seen as a reset, destroy as a clean end`, async (t) => {
    const { port, next } = await listen(t, make(), LOOPBACK);
    for (const [how, expected] of [
      ['reset', 'ECONNRESET'],
      ['destroy', ''],
    ] as const) {
      const wire = await dial(port);
      const { connection, handler } = await next();
      wire.send('x');
      await handler.event('read');
      connection[how]();
      assert.equal(await wire.gone(), expected);
      assert.deepEqual(handler.events, ['read'], 'the owner is not told of what it did');
    }
  });

  test(`${name}: a peer's reset closes the connection with its code`, async (t) => {
    const { port, next } = await listen(t, make(), LOOPBACK);
    const { reset } = await call(port);
    const { handler } = await next();
    reset();
    await handler.event('close ECONNRESET');
    assert.equal(handler.events.length, 1);
  });

  test(`${name}: writing to a broken connection tells the handler once, later`, async (t) => {
    const { port, next } = await listen(t, make(), LOOPBACK);
    const { wire, reset } = await call(port);
    const { connection, handler } = await next();
    connection.pause();
    reset();
    await wire.gone();
    let calls = 0;
    while (handler.events.length === 0) {
      connection.write(Buffer.from('x'), 0, 1);
      assert.equal(handler.events.length, 0, 'never from inside write');
      assert.ok(++calls < 10_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.match(handler.events.join(), /^close E(PIPE|CONNRESET)$/);
  });

  test(`${name}: a closed listener accepts no more while its connections live on`, async () => {
    const transport = make();
    let accepted: Connection | null = null;
    const listener = await transport.listen({ address: LOOPBACK, shared: false, backlog: 16 }, (connection) => {
      accepted = connection;
      connection.handler = new Recorder();
    });
    const wire: Wire = await dial(listener.port);
    wire.send('x');
    while (accepted === null) await new Promise((resolve) => setImmediate(resolve));
    listener.close();
    await assert.rejects(dial(listener.port), /ECONNREFUSED/);
    (accepted as Connection).write(Buffer.from('still'), 0, 5);
    await wire.take(/still/);
    (accepted as Connection).destroy();
  });

  test(`${name}: many connections share the engine without mixing bytes`, async (t) => {
    const { port, next } = await listen(t, make(), LOOPBACK);
    const wires = await Promise.all(Array.from({ length: 50 }, () => dial(port)));
    for (let i = 0; i < wires.length; i++) {
      const { connection, handler } = await next();
      handler.onBytes = (buffer, start, end) => connection.write(buffer, start, end);
    }
    await Promise.all(
      wires.map(async (wire, i) => {
        const text = `<${String(i).repeat(500)}>`;
        for (let round = 0; round < 20; round++) {
          wire.send(text);
          assert.equal(await wire.take(/>/), text);
        }
        wire.socket.destroy();
      }),
    );
  });
}

/** Of connections in the clear: outgoing ones, and what the kernel can be asked. */
export function conformPlain(name: string, make: () => Transport): void {
  test(`${name}: connects to TCP and unix addresses, and says why it cannot`, async (t) => {
    const transport = make();
    const path = join(tmpdir(), `transport-${process.pid}-${Math.random().toString(36).slice(2)}.sock`);
    t.after(() => rmSync(path, { force: true }));
    const tcp = await listen(t, transport, LOOPBACK);
    const unix = await listen(t, transport, { kind: 'unix', path });
    assert.equal(unix.port, 0);
    for (const [address, next] of [
      [{ kind: 'tcp', host: '127.0.0.1', port: tcp.port }, tcp.next],
      [{ kind: 'unix', path }, unix.next],
    ] as const) {
      const handler = new Recorder();
      const out = transport.connect(address, handler);
      t.after(() => out.destroy());
      assert.deepEqual(handler.events, [], 'not before connect returns');
      await handler.event('connect');
      const { connection, handler: accepted } = await next();
      out.write(Buffer.from('hi'), 0, 2);
      await accepted.until(() => accepted.text === 'hi');
      connection.write(Buffer.from('ho'), 0, 2);
      await handler.until(() => handler.text === 'ho');
      connection.destroy();
      await handler.event('end');
    }
    const refused = new Recorder();
    transport.connect({ kind: 'unix', path: `${path}.none` }, refused);
    await refused.event('close ENOENT');
  });

  for (const [what, act] of [
    ['bytes', (socket) => socket.write('x')],
    ['an end', (socket) => socket.destroy()],
    ['a reset', (socket) => socket.resetAndDestroy()],
  ] as const satisfies readonly [string, (socket: Socket) => unknown][]) {
    test(`${name}: ${what} that no event has told of can be asked for, of both kinds of connection`, async (t) => {
      const { port, next } = await listen(t, make(), LOOPBACK);
      const wire = await dial(port);
      const { connection } = await next();
      assert.equal(connection.isSilent(), true);
      // Both calls go straight to the kernel, so that no event can come between them and the question.
      act(wire.socket);
      assert.equal(connection.isSilent(), false);
      connection.destroy();
      assert.equal(connection.isSilent(), false);

      const peers: Socket[] = [];
      const server = createServer((socket) => void peers.push(socket));
      t.after(() => server.close());
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const handler = new Recorder();
      const address = { ...LOOPBACK, port: (server.address() as AddressInfo).port };
      const outgoing = make().connect(address, handler);
      await Promise.all([handler.event('connect'), once(server, 'connection')]);
      assert.equal(outgoing.isSilent(), true);
      act(peers[0] as Socket);
      assert.equal(outgoing.isSilent(), false);
      outgoing.destroy();
      peers[0]?.destroy();
    });
  }
}
