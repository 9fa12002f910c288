/** Connections to a server over TLS: what holds of every connection, and that the server is who it should be. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createPlain, type AddressInfo, type Server, type Socket } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { NetTransport } from '#transport/net/engine.ts';
import type { TlsClientSettings } from '#transport/transport.ts';
import { Authority, type Certificate } from '../support/certificate.ts';
import { freePort } from '../support/free-port.ts';
import { need } from '../support/needs.ts';
import { Recorder } from './conformance.ts';

const at = (port: number) => ({ kind: 'tcp', host: '127.0.0.1', port }) as const;
const NOBODY: TlsClientSettings = { ca: null, cert: null, key: null };

async function listening(t: TestContext, server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function serve(
  t: TestContext,
  { cert, key }: Certificate,
  onSocket: (socket: TLSSocket) => void,
  options: TlsOptions = {},
): Promise<number> {
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key), ...options }, (socket) => {
    socket.on('error', () => {});
    t.after(() => socket.destroy());
    onSocket(socket);
  });
  server.on('tlsClientError', () => {});
  return listening(t, server);
}

describe('connections to a server over TLS', { skip: need('openssl') }, () => {
  for (const lean of [true, false])
    test(`${lean ? 'lean' : 'whole'}: bytes pass both ways, and either side may end`, async (t) => {
      const own = new Authority(t).sign();
      const port = await serve(t, own, (socket) => socket.pipe(socket));
      const connector = new NetTransport({ lean }).tlsConnector({ ...NOBODY, ca: own.authority });
      const handler = new Recorder();
      const connection = connector.connect(at(port), 'localhost', handler);
      t.after(() => connection.destroy());
      assert.equal(handler.events.length, 0, 'not before connect returns');
      await handler.event('connect');
      assert.equal(connection.remoteAddress, '127.0.0.1');
      assert.equal(connection.remotePort, port);
      const block = Buffer.alloc(256 * 1024);
      let blocks = 0;
      let flowing = true;
      while (flowing) {
        block.fill(65 + (blocks % 26));
        flowing = connection.write(block, 0, block.length);
        blocks++;
        block.fill(33);
      }
      await handler.until(() => handler.text.length === blocks * block.length);
      for (let one = 0; one < blocks; one++)
        assert.equal(handler.text[one * block.length], String.fromCharCode(65 + (one % 26)));
      await handler.event('drain');
      connection.end();
      await handler.event('close clean');
      assert.ok(handler.events.includes('end'), 'the server has ended its side');
    });

  test('nothing is said to a server that cannot show who it is', async (t) => {
    const authority = new Authority(t);
    const [own, elsewhere] = [authority.sign(), authority.sign({ names: 'DNS:elsewhere.test' })];
    const over = authority.sign({ names: 'DNS:localhost', days: 0 });
    let heard = 0;
    const count = (socket: TLSSocket): void => void socket.on('data', () => heard++);
    const transport = new NetTransport();
    const closing = async (cert: Certificate, name: string, settings: TlsClientSettings): Promise<string> => {
      const handler = new Recorder();
      const connection = transport.tlsConnector(settings).connect(at(await serve(t, cert, count)), name, handler);
      connection.write(Buffer.from('secret'), 0, 6);
      await handler.event('close');
      assert.equal(handler.events.length, 1, 'one word, and no `connect`');
      return handler.events[0]!.slice('close '.length);
    };
    const known = { ...NOBODY, ca: own.authority };
    assert.match(
      await closing(own, 'localhost', NOBODY),
      /^(UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED_CERT_IN_CHAIN)$/,
    );
    assert.equal(await closing(elsewhere, 'localhost', known), 'ERR_TLS_CERT_ALTNAME_INVALID');
    assert.equal(await closing(elsewhere, '127.0.0.1', known), 'ERR_TLS_CERT_ALTNAME_INVALID');
    assert.equal(await closing(over, 'localhost', known), 'CERT_HAS_EXPIRED');
    const none = new Recorder();
    transport.tlsConnector(known).connect(at(await freePort()), 'localhost', none);
    await none.event('close ECONNREFUSED');
    const plain = createPlain((socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const clear = new Recorder();
    transport.tlsConnector(known).connect(at(await listening(t, plain)), 'localhost', clear);
    await clear.event('close ');
    assert.equal(clear.events.length, 1);
    assert.equal(heard, 0);
  });

  test('a name is sent, an address is not, and both are verified', async (t) => {
    const own = new Authority(t).sign();
    const asked: (string | false)[] = [];
    const port = await serve(
      t,
      own,
      (socket) => void asked.push((socket as { servername?: string | false }).servername ?? false),
    );
    const connector = new NetTransport().tlsConnector({ ...NOBODY, ca: own.authority });
    for (const [index, name] of ['localhost', '127.0.0.1'].entries()) {
      const handler = new Recorder();
      const connection = connector.connect(at(port), name, handler);
      await handler.event('connect');
      while (asked.length <= index) await new Promise((resolve) => setImmediate(resolve));
      connection.destroy();
    }
    assert.deepEqual(asked, ['localhost', false]);
  });

  test('what is not said yet when it is given up is never said, and nobody is told', async (t) => {
    const own = new Authority(t).sign();
    const port = await serve(t, own, () => assert.fail('it was given up'));
    const connector = new NetTransport().tlsConnector({ ...NOBODY, ca: own.authority });
    const handlers = Array.from({ length: 3 }, () => new Recorder());
    for (const handler of handlers) connector.connect(at(port), 'localhost', handler).destroy();
    const last = new Recorder();
    const port2 = await serve(t, own, () => {});
    const connection = connector.connect(at(port2), 'localhost', last);
    await last.event('connect');
    connection.destroy();
    for (const { events } of [...handlers, last])
      assert.deepEqual(
        events.filter((event) => event !== 'connect'),
        [],
      );
  });

  test('an end that no event has told of can be asked for', async (t) => {
    const own = new Authority(t).sign();
    const sockets: TLSSocket[] = [];
    const port = await serve(t, own, (socket) => void sockets.push(socket));
    const handler = new Recorder();
    const connection = new NetTransport()
      .tlsConnector({ ...NOBODY, ca: own.authority })
      .connect(at(port), 'localhost', handler);
    await handler.event('connect');
    while (sockets.length === 0) await new Promise((resolve) => setImmediate(resolve));
    // The tickets that follow a handshake have come by then.
    sockets[0]?.write('x');
    await handler.until(() => handler.text === 'x');
    assert.equal(connection.isSilent(), true);
    sockets[0]?.destroy();
    assert.equal(connection.isSilent(), false);
    connection.destroy();
    assert.equal(connection.isSilent(), false);
  });
});
