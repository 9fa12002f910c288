/** Clients behind a proxy that passes bytes on and says whose they are (PROXY protocol, v1 and v2); a real HAProxy among them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import { loadConfig } from '#control/config/load.ts';
import { administer } from '../support/admin-client.ts';
import { startHaproxy } from '../support/haproxy.ts';
import { need } from '../support/needs.ts';
import { ENGINES, startPlane, type TestPlane } from '../support/plane.ts';
import { until } from '../support/until.ts';
import { dial, WireServer } from '../support/wire.ts';

const HEADER = 'PROXY TCP4 198.51.100.7 192.0.2.1 4711 80\r\n';
const REQUEST = 'GET /proxy/ HTTP/1.1\r\nHost: a\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

interface House extends TestPlane {
  readonly backend: WireServer;
}

async function house(t: TestContext, lean: boolean, listener: object = {}): Promise<House> {
  const backend = new WireServer();
  t.after(() => backend.close());
  const settings = { proxyProtocol: true, trustedProxies: ['127.0.0.1/32'], ...listener };
  const plane = await startPlane(t, { ports: [await backend.listen()], lean, listener: settings });
  return { ...plane, backend };
}

for (const { engine, lean } of ENGINES)
  describe(`PROXY protocol, ${engine}`, () => {
    test('the client that it names is who asks, in this request and the next', async (t) => {
      const { port, backend } = await house(t, lean);
      const client = await dial(port);
      client.send(HEADER + REQUEST);
      const upstream = await backend.accept();
      assert.match(await upstream.take(/\r\n\r\n/), /^x-forwarded-for: 198\.51\.100\.7\r$/m);
      upstream.send(OK);
      assert.equal((await client.message()).body, 'ok');
      client.send(REQUEST.replace('Host', 'X-Forwarded-For: 203.0.113.9\r\nHost'));
      assert.match(
        await upstream.take(/\r\n\r\n/),
        /^x-forwarded-for: 198\.51\.100\.7\r$/m,
        'who is named is not believed',
      );
      upstream.send(OK);
      assert.equal((await client.message()).body, 'ok');
    });

    test('byte by byte, with a request behind', async (t) => {
      const { port, backend } = await house(t, lean);
      const client = await dial(port);
      client.socket.setNoDelay(true);
      for (const byte of HEADER) {
        client.send(byte);
        await new Promise((resolve) => setImmediate(resolve));
      }
      client.send(REQUEST);
      const upstream = await backend.accept();
      assert.match(await upstream.take(/\r\n\r\n/), /^x-forwarded-for: 198\.51\.100\.7\r$/m);
    });

    test('UNKNOWN: the proxy asks for itself, and what it forwards is believed', async (t) => {
      const { port, backend } = await house(t, lean);
      const client = await dial(port);
      client.send(`PROXY UNKNOWN\r\n${REQUEST.replace('Host', 'X-Forwarded-For: 203.0.113.9\r\nHost')}`);
      const upstream = await backend.accept();
      assert.match(await upstream.take(/\r\n\r\n/), /^x-forwarded-for: 203\.0\.113\.9, 127\.0\.0\.1\r$/m);
    });

    test('without it, with a broken one, or too late: closed without a word, and counted', async (t) => {
      const { port, plane, tables } = await house(t, lean, { timeouts: { headerMs: 100 } });
      for (const bytes of [REQUEST, 'PROXY TCP4 198.51.100.300 192.0.2.1 1 2\r\n', 'PROXY TCP4 198', '']) {
        const client = await dial(port);
        if (bytes !== '') client.send(bytes);
        await client.gone();
        assert.equal(client.received, '', JSON.stringify(bytes));
      }
      assert.equal(tables.counters.listenerCount(0, 'badRequests'), 2, 'those that said something else');
      await until('none is left', () => plane.recorder.connections === 0);
    });

    test('from others it is a bad request', async (t) => {
      const { port } = await house(t, lean, { trustedProxies: ['192.0.2.0/24'] });
      const client = await dial(port);
      client.send(HEADER + REQUEST);
      assert.match((await client.message()).head, /^HTTP\/1\.1 400 /);
    });

    test('a drain does not wait for who has not said whose it is', async (t) => {
      const { port, plane } = await house(t, lean);
      const client = await dial(port);
      client.send('PROXY TCP4');
      await until('it is there', () => plane.recorder.connections === 1);
      assert.equal(await plane.drain(10_000, 0), 0);
      await client.gone();
    });
  });

test('check: a listener that expects it of nobody is refused', () => {
  const text = (more: string): string => `pools: { app: { backends: ["http://10.0.0.1:80"] } }\nlisteners: [{ proxyProtocol: true${more} }]\n`; // prettier-ignore
  const { problems } = loadConfig(text(''), 'f', {});
  assert.match(problems.map(({ message }) => message).join(), /believes nobody/);
  for (const more of [', trustedProxies: [10.0.0.0/8]', ', address: "unix:/run/a.sock"'])
    assert.deepEqual(loadConfig(text(more), 'f', {}).problems, [], more);
});

describe('PROXY protocol of HAProxy', { skip: need('haproxy') }, () => {
  for (const option of ['send-proxy', 'send-proxy-v2', 'send-proxy-v2 proxy-v2-options unique-id,crc32c'])
    test(`${option}: addresses of clients, limits by them, and health checks of its own`, async (t) => {
      const seen: string[] = [];
      const origin = createServer((request, response) => {
        seen.push(String(request.headers['x-forwarded-for']));
        response.end('ok');
      }).listen(0, '127.0.0.1');
      await once(origin, 'listening');
      t.after(() => origin.close().closeAllConnections());
      const { port } = await administer(t, {
        backends: [`http://127.0.0.1:${(origin.address() as AddressInfo).port}`],
        listeners: [{ address: '127.0.0.1:0', proxyProtocol: true, trustedProxies: ['127.0.0.1/32'] }],
        sections: {
          rateLimits: { 'per-client': { key: 'client-ip', rate: '1/min', burst: 2 } },
          routes: [
            { name: 'app', pool: 'app', match: { path: '/proxy/' }, rateLimits: ['per-client'] },
            { name: 'control', controlPlane: true, match: { path: '/' }, rateLimits: [] },
          ],
        },
      });
      const front = await haproxy(t, port, option);
      const ask = (from: string): Promise<number> =>
        new Promise((resolve) => {
          const sent = get(
            { host: '127.0.0.1', port: front, path: '/proxy/', localAddress: from, agent: false },
            (answer) => {
              answer.resume();
              answer.on('end', () => resolve(answer.statusCode ?? 0));
            },
          );
          sent.on('error', () => resolve(0));
        });
      await until('its health checks pass', async () => (await ask('127.0.0.9')) === 200);
      const statuses: number[] = [];
      for (const from of ['127.0.0.2', '127.0.0.2', '127.0.0.2', '127.0.0.3']) statuses.push(await ask(from));
      assert.deepEqual(statuses, [200, 200, 429, 200]);
      assert.deepEqual(new Set(seen), new Set(['127.0.0.9', '127.0.0.2', '127.0.0.3']));
    });
});

/** Passes TCP on, with health checks over HTTP that carry the header as well. */
function haproxy(t: TestContext, to: number, option: string): Promise<number> {
  return startHaproxy(
    t,
    (port) => `defaults
  timeout connect 1s
  timeout client 10s
  timeout server 10s
listen front
  mode tcp
  unique-id-format %[uuid]
  bind 127.0.0.1:${port}
  option httpchk GET /readyz
  server eb 127.0.0.1:${to} ${option} check check-send-proxy inter 100ms fall 1 rise 2
`,
  );
}
