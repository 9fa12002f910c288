/** A listener where a proxy first says whose the connection is, and hands are shaken behind that. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Duplex } from 'node:stream';
import { describe, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { Authority } from '../support/certificate.ts';
import { startHaproxy } from '../support/haproxy.ts';
import { need } from '../support/needs.ts';
import { configOf, draftFrom } from '../support/supervised.ts';
import { askTls } from '../support/tls-client.ts';
import { backend, house, pair, REQUEST, served } from '../support/tls-house.ts';
import { until } from '../support/until.ts';
import { dial, Wire } from '../support/wire.ts';

describe('TLS behind a PROXY header', { skip: need('openssl') }, () => {
  test(
    'behind a proxy that says whose the connection is, in front of the handshake',
    { skip: need('haproxy') },
    async (t) => {
      const own = new Authority(t).sign();
      const port = await backend(t, (incoming, answer) => void answer.end(String(incoming.headers['x-forwarded-for'])));
      const trusting = { proxyProtocol: true, trustedProxies: ['127.0.0.1/32'] };
      const run = await served(t, port, { certificates: [pair(own)] }, trusting);
      const ca = own.authority;
      const front = await startHaproxy(
        t,
        (at) => `defaults
  mode tcp
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen front
  bind 127.0.0.1:${at}
  server one 127.0.0.1:${run.port} send-proxy-v2
`,
      );
      const asked = await until('the front to listen', () => askTls(front, '/proxy/x', { ca }).catch(() => null));
      assert.equal(asked.body, '127.0.0.1');
      // The header and the first message of the handshake in one piece, which the engine reads together.
      const plain = connect({ host: '127.0.0.1', port: run.port });
      t.after(() => plain.destroy());
      let first = 'PROXY TCP4 198.51.100.7 192.0.2.1 4711 443\r\n';
      const carrier = new Duplex({
        read: () => {},
        write: (chunk: Buffer, _, done) => {
          plain.write(Buffer.concat([Buffer.from(first), chunk]), done);
          first = '';
        },
      });
      plain.on('data', (chunk: Buffer) => carrier.push(chunk));
      const secured = connectTls({ socket: carrier, ca, servername: 'localhost' });
      await once(secured, 'secureConnect');
      const wire = new Wire(secured);
      wire.send(REQUEST);
      assert.equal((await wire.message()).body, '198.51.100.7');
    },
  );

  test('TLS is turned off while a proxy has not said yet whose its connection is: that one is closed, and no worker dies', async (t) => {
    const own = new Authority(t).sign();
    const trusting = { proxyProtocol: true, trustedProxies: ['127.0.0.1/32'] };
    const run = await house(t, { certificates: [pair(own)] }, trusting);
    const open = (): number => run.supervisor.tables.listeners.total[0]!;
    const early = await dial(run.port);
    await until('it is accepted', () => open() === 1);
    const listeners = [{ name: 'public', address: '127.0.0.1:0', tls: null, ...trusting }];
    const backends = [{ id: 'a', url: run.origin.url }];
    const next = configOf({ workers: 2, backends, listeners, admin: '127.0.0.1:0' });
    assert.equal(await run.supervisor.reload(await draftFrom(next)), true);
    early.send(`PROXY TCP4 198.51.100.7 192.0.2.1 4711 443\r\n${REQUEST}`);
    await early.gone();
    assert.equal(early.received, '');
    await until('it is gone', () => open() === 0);
    assert.doesNotMatch(run.log.lines.join('\n'), /a worker died/);
  });
});
