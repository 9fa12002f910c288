/** Clients over TLS: which certificate they get, who is let in, what changes without a restart, and what backends are told. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { ConnectionOptions } from 'node:tls';
import type { OverviewAnswer } from '#contract/admin.ts';
import { callAdmin, OPERATOR, VIEWER, type Administered } from '../support/admin-client.ts';
import { Authority, type Certificate } from '../support/certificate.ts';
import { need } from '../support/needs.ts';
import { temporaryDirectory } from '../support/program.ts';
import { askTls, dialTls } from '../support/tls-client.ts';
import { configOf, draftFrom } from '../support/supervised.ts';
import { backend, house, listening, pair, REQUEST, served } from '../support/tls-house.ts';
import { until } from '../support/until.ts';
import { dial } from '../support/wire.ts';

async function metric({ supervisor }: Administered, line: string): Promise<number> {
  const { text } = await callAdmin(supervisor.adminPort, 'GET', '/metrics', { token: VIEWER });
  const found = text.split('\n').find((one) => one.startsWith(`${line} `));
  return found === undefined ? NaN : Number(found.slice(line.length + 1));
}

const handshakes = (run: Administered, result: string): Promise<number> =>
  metric(run, `edgebalancer_tls_handshakes_total{listener="public",result="${result}"}`);

describe('TLS for clients', { skip: need('openssl') }, () => {
  test('requests are answered, and everybody who should knows that they came by TLS', async (t) => {
    const authority = new Authority(t);
    const own = authority.sign();
    const run = await house(t, { certificates: [pair(own)] });
    const ca = own.authority;
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const { status, head, body } = await askTls(run.port, '/proxy/x', { ca, maxVersion: version });
      assert.deepEqual([status, body], [200, 'a'], version);
      assert.match(head, /^x-request-id: /im);
    }
    const { socket, wire } = await dialTls(run.port, { ca, ALPNProtocols: ['h2', 'http/1.1'] });
    assert.equal(socket.alpnProtocol, 'http/1.1', 'HTTP/2 is not offered');
    wire.send(REQUEST);
    assert.equal((await wire.message()).body, 'a');
    wire.send(REQUEST);
    assert.equal((await wire.message()).body, 'a', 'the connection is kept');
    socket.destroy();
    await until('handshakes to be counted', async () => (await handshakes(run, 'whole')) === 3);
    // The dashboard's cookie is for TLS alone once it is reached by TLS.
    const signIn = JSON.stringify({ token: OPERATOR });
    const { wire: browser } = await dialTls(run.port, { ca });
    browser.send(
      `POST /admin/session HTTP/1.1\r\nHost: localhost\r\nOrigin: https://localhost\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${signIn.length}\r\n\r\n${signIn}`,
    );
    const { head } = await browser.message();
    assert.match(head, /^set-cookie: __Host-eb_session=.*; Secure\r$/im);
    assert.match(head, /^strict-transport-security: /im);
    browser.socket.destroy();
  });

  test('backends are told the scheme', async (t) => {
    const own = new Authority(t).sign();
    let told: unknown;
    const port = await backend(t, (incoming, answer) => {
      told = incoming.headers['x-forwarded-proto'];
      answer.end('ok');
    });
    const run = await served(t, port, { certificates: [pair(own)] });
    await askTls(run.port, '/proxy/x', { ca: own.authority }, 'X-Forwarded-Proto: http\r\n');
    assert.equal(told, 'https', 'whatever a client that is no trusted proxy says');
  });

  test('the certificate is chosen by the name that the client asks for', async (t) => {
    const authority = new Authority(t);
    const first = authority.sign({ names: 'DNS:first.test' });
    const wild = authority.sign({ names: 'DNS:*.app.test' });
    const exact = authority.sign({ names: 'DNS:api.app.test' });
    const run = await house(t, { certificates: [first, wild, exact].map(pair) });
    const shown = async (servername: string): Promise<string> => {
      const options = { ca: first.authority, servername, checkServerIdentity: () => undefined };
      return (await askTls(run.port, '/proxy/x', options)).fingerprint;
    };
    const { data } = await callAdmin(run.supervisor.adminPort, 'GET', '/admin/overview', { token: VIEWER });
    const { tls } = (data as OverviewAnswer).listeners[0]!;
    assert.equal(tls?.minVersion, 'TLSv1.2');
    const [firstPrint, wildPrint, exactPrint] = tls.certificates.map(({ fingerprint }) => fingerprint);
    assert.deepEqual(
      tls.certificates.map(({ names }) => names),
      [['first.test'], ['*.app.test'], ['api.app.test']],
    );
    assert.equal(await shown('www.app.test'), wildPrint);
    assert.equal(await shown('api.app.test'), exactPrint);
    assert.equal(await shown('first.test'), firstPrint);
    assert.equal(await shown('elsewhere.test'), firstPrint, 'nobody is for it');
  });

  test('an older version is refused, and counted', async (t) => {
    const own = new Authority(t).sign();
    const run = await house(t, { certificates: [pair(own)], minVersion: 'TLSv1.3' });
    await assert.rejects(askTls(run.port, '/proxy/x', { ca: own.authority, maxVersion: 'TLSv1.2' }), /version/);
    assert.equal((await askTls(run.port, '/proxy/x', { ca: own.authority })).status, 200);
    await until('the refusal to be counted', async () => (await handshakes(run, 'failed')) === 1);
  });

  test('clients must show a certificate where `clientCa` says so, and one that it has signed', async (t) => {
    const authority = new Authority(t);
    const own = authority.sign();
    const friends = new Authority(t);
    const friend = friends.sign({ names: 'DNS:friend.test', common: 'friend' });
    const run = await house(t, { certificates: [pair(own)], clientCa: friend.ca });
    const as = (client?: Certificate): ConnectionOptions => ({
      ca: own.authority,
      ...(client !== undefined && { cert: readFileSync(client.cert), key: readFileSync(client.key) }),
    });
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      assert.equal((await askTls(run.port, '/proxy/x', { ...as(friend), maxVersion })).status, 200);
      await assert.rejects(askTls(run.port, '/proxy/x', { ...as(), maxVersion }), `${maxVersion}: none`);
      const stranger = new Authority(t).sign();
      await assert.rejects(
        askTls(run.port, '/proxy/x', { ...as(stranger), maxVersion }),
        `${maxVersion}: a stranger's`,
      );
    }
    assert.equal(run.origin.served, 2, 'nobody else has got through');
    await until('failures to be counted', async () => (await handshakes(run, 'failed')) === 4);
  });

  test('sessions are resumed, by whichever worker', async (t) => {
    const own = new Authority(t).sign();
    const run = await house(t, { certificates: [pair(own)] });
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const first = await dialTls(run.port, { ca: own.authority, maxVersion });
      let session = first.socket.getSession();
      first.socket.on('session', (given) => (session = given));
      first.wire.send(REQUEST);
      await first.wire.message();
      const others = await Promise.all(
        Array.from({ length: 12 }, () => dialTls(run.port, { ca: own.authority, maxVersion, session: session! })),
      );
      for (const { wire } of others) wire.send(REQUEST);
      await Promise.all(others.map(({ wire }) => wire.message()));
      const resumed = others.filter(({ socket }) => socket.isSessionReused()).length;
      assert.equal(resumed, others.length, maxVersion);
      for (const { socket } of [first, ...others]) socket.destroy();
    }
    await until('resumed ones to be counted', async () => (await handshakes(run, 'resumed')) === 24);
  });

  test('a session from before opens nothing to a client whose authority is no longer believed', async (t) => {
    const own = new Authority(t).sign();
    const [once, now] = [new Authority(t).sign(), new Authority(t).sign()];
    const folder = temporaryDirectory(t);
    const clientCa = join(folder, 'clients.pem');
    copyFileSync(once.ca, clientCa);
    const run = await house(t, { certificates: [pair(own)], clientCa });
    const as = ({ cert, key }: Certificate): ConnectionOptions => {
      return { ca: own.authority, cert: readFileSync(cert), key: readFileSync(key) };
    };
    const sessions: ConnectionOptions[] = [];
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const { wire, socket } = await dialTls(run.port, { ...as(once), maxVersion });
      let session = socket.getSession();
      socket.on('session', (given) => (session = given));
      wire.send(REQUEST);
      await wire.message();
      socket.destroy();
      sessions.push({ ...as(once), maxVersion, session: session! });
    }
    for (const session of sessions) assert.equal((await askTls(run.port, '/proxy/x', session)).status, 200);
    assert.equal(await handshakes(run, 'resumed'), 2);
    copyFileSync(now.ca, clientCa);
    await until('the new authority', () => askTls(run.port, '/proxy/x', as(now)).catch(() => null));
    for (const session of sessions) await assert.rejects(askTls(run.port, '/proxy/x', session), session.maxVersion);
  });

  test('renewed files are served without a restart; what cannot be used changes nothing', async (t) => {
    const authority = new Authority(t);
    const [old, next] = [authority.sign(), authority.sign()];
    const folder = temporaryDirectory(t);
    const [cert, key] = [join(folder, 'site.pem'), join(folder, 'site.key')];
    const put = (from: Certificate): void => {
      copyFileSync(from.cert, cert);
      copyFileSync(from.key, key);
    };
    put(old);
    const run = await house(t, { certificates: [{ cert, key }] });
    const ca = old.authority;
    const before = await dialTls(run.port, { ca });
    const shown = async (): Promise<string> => (await askTls(run.port, '/proxy/x', { ca })).fingerprint;
    const first = await shown();
    put(next);
    await until('the new certificate', async () => (await shown()) !== first);
    const second = await shown();
    before.wire.send(REQUEST);
    assert.equal((await before.wire.message()).body, 'a', 'the connection from before goes on');
    before.socket.destroy();
    writeFileSync(cert, readFileSync(cert, 'utf8').slice(0, 200));
    await until('the log says why', () =>
      run.log.lines.some((line) => /^error certificates stay as they were/.test(line)),
    );
    assert.equal(await shown(), second);
    const { certificates } = run.supervisor.plan.listeners[0]!.tls!;
    assert.deepEqual(certificates, [{ cert, key }]);
  });

  test('it is turned on and off, and other files taken, by a reload', async (t) => {
    const authority = new Authority(t);
    const [one, other] = [authority.sign(), authority.sign()];
    const run = await house(t, { certificates: [pair(one)] });
    const ca = one.authority;
    const backends = [{ id: 'a', url: run.origin.url }];
    const change = async (tls: unknown): Promise<boolean> => {
      const listeners = [{ name: 'public', address: '127.0.0.1:0', tls }];
      return run.supervisor.reload(
        await draftFrom(configOf({ workers: 2, backends, listeners, admin: '127.0.0.1:0' })),
      );
    };
    const shown = async (): Promise<string> => (await askTls(run.port, '/proxy/x', { ca })).fingerprint;
    const first = await shown();
    assert.equal(await change({ certificates: [pair(other)] }), true);
    assert.notEqual(await shown(), first);
    assert.equal(
      await change({ certificates: [{ cert: other.cert, key: one.key }] }),
      false,
      'they do not belong together',
    );
    assert.notEqual(await shown(), first);
    assert.equal(await change(null), true);
    const plain = await dial(run.port);
    plain.send(REQUEST);
    assert.equal((await plain.message()).body, 'a');
    plain.socket.destroy();
    assert.equal(await change({ certificates: [pair(one)] }), true);
    assert.equal(await shown(), first);
  });

  test('who speaks no TLS, or says nothing, is closed in time', async (t) => {
    const own = new Authority(t).sign();
    const run = await house(t, { certificates: [pair(own)] }, { timeouts: { header: '300ms' } });
    const plain = await dial(run.port);
    plain.send(REQUEST);
    await plain.end();
    assert.match(plain.received, /^HTTP\/1\.1 400 [^]*x-edgebalancer-reason: bad-request[^]*https:\/\//);
    const silent = await dial(run.port);
    await silent.gone();
    const half = await dial(run.port);
    half.send('\x16\x03\x01\x02\x00');
    await half.gone();
    assert.equal((await askTls(run.port, '/proxy/x', { ca: own.authority })).status, 200);
    await until('none is left', async () => {
      const states = await Promise.all(
        ['idle', 'active'].map((state) => metric(run, `edgebalancer_connections{listener="public",state="${state}"}`)),
      );
      return states.every((count) => count === 0);
    });
  });

  test('large bodies arrive whole both ways', async (t) => {
    const own = new Authority(t).sign();
    const port = await backend(t, (incoming, answer) => void incoming.pipe(answer));
    const run = await served(t, port, { certificates: [pair(own)] });
    const sent = Buffer.alloc(8 * 1024 * 1024);
    for (let at = 0; at < sent.length; at += 4) sent.writeUInt32LE(at, at);
    const outgoing = request({ port: run.port, path: '/proxy/x', method: 'POST', ca: own.authority, agent: false });
    outgoing.end(sent);
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    const got = Buffer.concat(await answer.toArray());
    assert.equal(Buffer.compare(got, sent), 0);
  });

  test('an upgraded connection', async (t) => {
    const own = new Authority(t).sign();
    const server = createServer();
    server.on('upgrade', (_, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\n');
      socket.pipe(socket);
    });
    const run = await served(t, await listening(t, server), { certificates: [pair(own)] });
    const { wire, socket } = await dialTls(run.port, { ca: own.authority });
    wire.send(REQUEST.replace('\r\n\r\n', '\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\n'));
    assert.match(await wire.take(/\r\n\r\n/), /^HTTP\/1\.1 101 /);
    for (const text of ['one', 'x'.repeat(100_000)]) {
      wire.send(text);
      await wire.until('the echo', () => wire.received.length >= text.length);
      assert.equal(await wire.take(/[^]*$/), text);
    }
    socket.end();
    assert.equal(await wire.gone(), '');
  });

  test('a start says which file cannot be used, and why', async (t) => {
    const authority = new Authority(t);
    const [one, other] = [authority.sign(), authority.sign()];
    const cases: [object, RegExp][] = [
      [
        { certificates: [{ cert: '/none.pem', key: one.key }] },
        /certificates\[0\]\.cert: there is no file \/none\.pem/,
      ],
      [{ certificates: [{ cert: one.cert, key: other.key }] }, /certificates\[0\]\.key: is not the key of/],
      [{ certificates: [{ cert: one.key, key: one.cert }] }, /cert: holds a private key and no certificate/],
      [{ certificates: [pair(one)], clientCa: one.key }, /clientCa: holds a private key and no certificate/],
    ];
    for (const [tls, why] of cases) await assert.rejects(house(t, tls), why);
  });
});
