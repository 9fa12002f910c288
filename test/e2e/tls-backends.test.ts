/** Backends over TLS: verified by name and authority, probed the same way, and nothing is sent to one that cannot show who it is. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { administer, type Administered } from '../support/admin-client.ts';
import { Authority, type Certificate } from '../support/certificate.ts';
import { need } from '../support/needs.ts';
import { ask, Origin } from '../support/origin.ts';
import { temporaryDirectory } from '../support/program.ts';
import { configOf, draftFrom } from '../support/supervised.ts';
import { until } from '../support/until.ts';

const HEALTH = { path: '/healthz', interval: '100ms', timeout: '2s', unhealthyAfter: 1, healthyAfter: 1 };

interface Secured {
  readonly port: number;
  readonly url: string;
  /** Requests other than probes. */
  readonly asked: IncomingMessage[];
  readonly resumed: boolean[];
  connections: number;
}

async function backend(t: TestContext, { cert, key }: Certificate, options: ServerOptions = {}): Promise<Secured> {
  const files = { cert: readFileSync(cert), key: readFileSync(key) };
  const server = createServer({ ...files, ...options }, (incoming, answer) => {
    if (incoming.url !== '/healthz') asked.push(incoming);
    incoming.resume();
    incoming.on('end', () => answer.end('secured'));
  });
  const asked: IncomingMessage[] = [];
  const resumed: boolean[] = [];
  const seen = { connections: 0 };
  server.on('secureConnection', (socket: TLSSocket) => {
    seen.connections += 1;
    resumed.push(socket.isSessionReused());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `https://127.0.0.1:${port}`,
    asked,
    resumed,
    get connections() {
      return seen.connections;
    },
  };
}

function post({ port }: Administered, body: string): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}/proxy/x`, { method: 'POST', body });
}

async function stateOf(run: Administered): Promise<{ state: string; detail: string }> {
  const { data } = await run.operate('GET', '/admin/backends');
  const [pool] = (data as { pools: { backends: { state: string; lastProbe: { detail: string } | null }[] }[] }).pools;
  const first = pool!.backends[0]!;
  return { state: first.state, detail: first.lastProbe?.detail ?? '' };
}

describe('TLS to backends', { skip: need('openssl') }, () => {
  test('requests and probes are enciphered, and connections are kept', async (t) => {
    const own = new Authority(t).sign();
    const secured = await backend(t, own);
    const run = await administer(t, {
      health: HEALTH,
      backends: [{ id: 'a', url: secured.url }],
      pool: { tls: { ca: own.ca } },
    });
    await until('it is probed', async () => (await stateOf(run)).state === 'healthy');
    for (let at = 0; at < 5; at++) {
      const answer = await post(run, 'x'.repeat(50_000 * at));
      assert.deepEqual([answer.status, await answer.text()], [200, 'secured']);
    }
    assert.equal(secured.asked.length, 5);
    const sockets = new Set(secured.asked.map(({ socket }) => socket));
    assert.equal(sockets.size, 1, 'one connection carries them');
    for (const { headers } of secured.asked)
      assert.equal(headers['x-forwarded-proto'], 'http', "the client's own scheme");
  });

  test('the name is verified; without `ca` what the system believes counts', async (t) => {
    const own = new Authority(t).sign({ names: 'DNS:app.test' });
    const secured = await backend(t, own);
    const pool = (tls: object) => ({ tls: { ca: own.ca, ...tls } });
    const backends = [{ id: 'a', url: `https://127.0.0.1:${secured.port}` }];
    const wrong = await administer(t, { health: HEALTH, backends, pool: { ...pool({}), retry: null, circuit: null } });
    await until('the probe says why', async () => /altname|does not match/i.test((await stateOf(wrong)).detail));
    assert.equal((await ask(wrong.port, '/proxy/x')).status, 503);
    const named = await administer(t, { health: HEALTH, backends, pool: pool({ serverName: 'app.test' }) });
    await until('it is well', async () => (await stateOf(named)).state === 'healthy');
    assert.equal((await ask(named.port, '/proxy/x')).body, 'secured');
    const system = await administer(t, { health: HEALTH, backends: [{ id: 'a', url: secured.url }] });
    await until('the probe says why', async () => /certificate/.test((await stateOf(system)).detail));
  });

  test('nothing is sent to one that an authority of its own has signed', async (t) => {
    const [own, other] = [new Authority(t).sign(), new Authority(t).sign()];
    const secured = await backend(t, own);
    const run = await administer(t, {
      backends: [{ id: 'a', url: secured.url }],
      pool: { tls: { ca: other.ca }, circuit: null },
    });
    const { status, headers } = await post(run, 'secret');
    assert.deepEqual([status, headers.get('x-edgebalancer-reason')], [502, 'connect-failed']);
    assert.equal(secured.asked.length, 0);
  });

  test('the pool shows its own certificate to backends that ask', async (t) => {
    const own = new Authority(t).sign();
    const client = new Authority(t).sign({ common: 'balancer' });
    const secured = await backend(t, own, { ca: client.authority, requestCert: true, rejectUnauthorized: true });
    const tls = { ca: own.ca, cert: client.cert, key: client.key };
    const backends = [{ id: 'a', url: secured.url }];
    const run = await administer(t, { health: HEALTH, backends, pool: { tls } });
    await until('it is well', async () => (await stateOf(run)).state === 'healthy');
    assert.equal((await ask(run.port, '/proxy/x')).body, 'secured');
    const { subject } = (secured.asked[0]?.socket as TLSSocket).getPeerCertificate();
    assert.equal(subject.CN, 'balancer');
    const without = await administer(t, { health: HEALTH, backends, pool: { tls: { ca: own.ca } } });
    await until('it is not', async () => (await stateOf(without)).state === 'unhealthy');
  });

  test('sessions are continued', async (t) => {
    const own = new Authority(t).sign();
    const secured = await backend(t, own, { keepAliveTimeout: 1 });
    const run = await administer(t, { backends: [{ id: 'a', url: secured.url }], pool: { tls: { ca: own.ca } } });
    for (let at = 0; at < 4; at++) {
      assert.equal((await ask(run.port, '/proxy/x')).status, 200);
      // The backend closes what is unused: the next request needs a connection of its own.
      await until('it has closed', () => secured.asked[at]?.socket.destroyed === true);
    }
    assert.deepEqual(secured.resumed.slice(1), [true, true, true]);
  });

  test('an authority that is renewed, and one that is taken away by a reload, count from the next connection on', async (t) => {
    const [own, other] = [new Authority(t).sign(), new Authority(t).sign()];
    const secured = await backend(t, own);
    const ca = join(temporaryDirectory(t), 'ca.pem');
    copyFileSync(other.ca, ca);
    const backends = [{ id: 'a', url: secured.url }];
    const pool = { tls: { ca }, circuit: null };
    const run = await administer(t, { backends, pool });
    assert.equal((await ask(run.port, '/proxy/x')).status, 502);
    copyFileSync(own.ca, ca);
    await until('the right one is believed', async () => (await ask(run.port, '/proxy/x')).status === 200);
    // Another file of the same pool: connections of before are not used again.
    const next = configOf({ backends, pool: { ...pool, tls: { ca: other.ca } }, admin: '127.0.0.1:0' });
    assert.equal(await run.supervisor.reload(await draftFrom(next)), true);
    assert.equal((await ask(run.port, '/proxy/x')).status, 502);
    const clear = configOf({
      backends: [{ id: 'a', url: secured.url.replace('https', 'http') }],
      admin: '127.0.0.1:0',
    });
    assert.equal(await run.supervisor.reload(await draftFrom(clear)), true);
    assert.notEqual((await ask(run.port, '/proxy/x')).body, 'secured', 'in the clear it is another backend');
  });

  test('one in the clear beside one that is not', async (t) => {
    const own = new Authority(t).sign();
    const secured = await backend(t, own);
    const plain = await Origin.start('b');
    t.after(() => plain.stop());
    const run = await administer(t, {
      backends: [
        { id: 'a', url: secured.url },
        { id: 'b', url: plain.url },
      ],
      pool: { retry: null, circuit: null },
    });
    const answers = [await ask(run.port, '/proxy/x'), await ask(run.port, '/proxy/x')];
    assert.deepEqual(
      answers.map(({ status }) => status).sort(),
      [200, 502],
      'the system does not believe the authority',
    );
    assert.equal(plain.served, 1);
  });

  test('a start says which file cannot be used', async (t) => {
    const own = new Authority(t).sign();
    const secured = await backend(t, own);
    const start = (tls: object) => administer(t, { backends: [{ id: 'a', url: secured.url }], pool: { tls } });
    await assert.rejects(start({ ca: own.key }), /Pool "app": tls\.ca: holds a private key and no certificate/);
    await assert.rejects(start({ cert: own.cert, key: '/none' }), /Pool "app": tls\.key: there is no file \/none/);
    await assert.rejects(start({ cert: own.cert }), /pools\.app\.tls\.cert: stands alone; write `key` too/);
  });
});
