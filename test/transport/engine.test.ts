import { readFileSync } from 'node:fs';
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { after, test, type TestContext } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { NetTransport } from '#transport/net/engine.ts';
import type { ConnectionHandler, TlsSettings, Transport } from '#transport/transport.ts';
import { certificate } from '../support/certificate.ts';
import { need } from '../support/needs.ts';
import { dialTls } from '../support/tls-client.ts';
import { conformAccepted, conformPlain, dialPlain, type Dialled } from './conformance.ts';

const ENGINES: readonly (readonly [name: string, make: () => Transport])[] = [
  ['net, lean handles', () => new NetTransport({ lean: true })],
  ['net, whole sockets', () => new NetTransport({ lean: false })],
];

for (const [name, make] of ENGINES) {
  conformAccepted(name, make, dialPlain);
  conformPlain(name, make);
}

const skip = need('openssl');
if (skip === false) overTls();
else test('connections over TLS', { skip });

function overTls(): void {
  const { cert, key, authority } = certificate({ after: (done) => after(done as () => void) });
  const settings: TlsSettings = {
    certificates: [{ cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8'), names: ['localhost'] }],
    minVersion: 'TLSv1.2',
    clientCa: null,
    ticketKeys: Buffer.alloc(48, 7),
  };
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const call = async (port: number, halfOpen = false): Promise<Dialled> => {
      const { wire, plain } = await dialTls(port, { ca: authority, maxVersion: version }, halfOpen);
      return { wire, reset: () => void plain.resetAndDestroy() };
    };
    for (const [name, make] of ENGINES) {
      conformAccepted(`${name}, ${version}`, () => secured(make(), settings), call);
      for (const leaves of ['before a word', 'inside a word', 'before its last word'] as const)
        test(`${name}, ${version}: whoever leaves ${leaves} is gone at once, and counted`, (t) =>
          gone(t, make(), settings, leaves));
    }
  }
}

/** A client ends its side before hands are shaken. */
async function gone(t: TestContext, transport: Transport, settings: TlsSettings, leaves: string): Promise<void> {
  const ends: string[] = [];
  const closed = new Promise<string | null>((resolve, reject) => {
    const acceptor = transport.tlsAcceptor(settings, {
      onHandshake: (how) => void ends.push(how),
      inTheClear: () => Buffer.alloc(0),
    });
    const handler: ConnectionHandler = {
      onConnect: () => reject(new Error('connected')),
      onRead: () => reject(new Error('read')),
      onEnd: () => reject(new Error('ended')),
      onDrain: () => reject(new Error('drained')),
      onClose: resolve,
    };
    const address = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;
    void transport
      .listen({ address, shared: false, backlog: 16 }, (connection) => {
        acceptor.secure(connection, null).handler = handler;
      })
      .then((listener) => {
        t.after(() => listener.close());
        const plain = connect({ host: '127.0.0.1', port: listener.port, allowHalfOpen: true });
        t.after(() => plain.destroy());
        if (leaves === 'before a word') plain.end();
        else if (leaves === 'inside a word') plain.end('\x16\x03\x01\x02\x00', 'latin1');
        else {
          const hello = connectTls({ socket: cutAfterHello(plain), rejectUnauthorized: false });
          hello.on('error', () => {});
        }
      });
  });
  await closed;
  assert.deepEqual(ends, ['failed']);
}

/** Passes the first message on and ends then. */
function cutAfterHello(plain: Socket): Duplex {
  return new Duplex({
    read: () => {},
    write: (chunk: Buffer, _, done) => {
      plain.end(chunk);
      done();
    },
  });
}

/** Every connection that is accepted is secured before anyone sees it. */
function secured(transport: Transport, settings: TlsSettings): Transport {
  const acceptor = transport.tlsAcceptor(settings, { onHandshake: () => {}, inTheClear: () => Buffer.alloc(0) });
  return {
    name: transport.name,
    tlsAcceptor: (given, events) => transport.tlsAcceptor(given, events),
    tlsConnector: (given) => transport.tlsConnector(given),
    connect: (address, handler) => transport.connect(address, handler),
    listen: (options, onAccept) =>
      transport.listen(options, (connection) => onAccept(acceptor.secure(connection, null))),
  };
}
