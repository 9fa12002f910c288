/** Active health checks against real backends: what a probe sees, and what traffic does about it. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { HEALTH_STATE_NAMES } from '#core/health-state.ts';
import type { HealthPlan, SocketAddress } from '#core/plan.ts';
import { anyProbe } from '#probes/any-probe.ts';
import type { Transition } from '#probes/prober.ts';
import { Origin, ask } from '../support/origin.ts';
import { healthPlan } from '../support/plans.ts';
import { temporaryDirectory } from '../support/program.ts';
import { supervise } from '../support/supervised.ts';
import { until } from '../support/until.ts';

const origin = await Origin.start('a');
after(() => origin.stop());
const tcp = (port: number): SocketAddress => ({ kind: 'tcp', host: '127.0.0.1', port });
const probe = (health: Partial<HealthPlan>, address: SocketAddress = tcp(origin.port)) =>
  anyProbe({ address, authority: 'a:80', health: healthPlan(health), tls: null });

/** A port where whatever `answer` says is sent, once something was received. */
async function rawServer(answer: string | null): Promise<{ port: number; close: () => Promise<void> }> {
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => {
      if (answer !== null) socket.end(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port: (server.address() as { port: number }).port, close };
}

describe('one probe', () => {
  test('the status decides, by the ranges that are expected', async () => {
    assert.deepEqual(await verdict({}), [true, 'status 200']);
    origin.healthStatus = 404;
    assert.deepEqual(await verdict({}), [false, 'status 404, expected 200-399']);
    assert.deepEqual(
      await verdict({
        status: [
          [200, 204],
          [404, 404],
        ],
      }),
      [true, 'status 404'],
    );
    origin.healthStatus = 200;
    assert.deepEqual(
      await verdict({
        status: [
          [204, 204],
          [300, 399],
        ],
      }),
      [false, 'status 200, expected 204, 300-399'],
    );
  });

  test('where a body is asked for, it decides too', async () => {
    assert.equal((await probe({ body: 'state: fine' })).ok, true);
    const { ok, detail } = await probe({ body: 'state: good' });
    assert.equal(ok, false);
    assert.match(detail, /the body does not contain "state: good"/);
  });

  test('of a body without end only the beginning is read', async () => {
    const long = await rawServer(`HTTP/1.1 200 OK\r\ncontent-length: 300000\r\n\r\n${'x'.repeat(200_000)}needle`);
    const { ok, detail } = await probe({ body: 'needle' }, tcp(long.port));
    assert.equal(ok, false);
    assert.match(detail, /first 64 KiB/);
    await long.close();
  });

  test('a body that is cut short is no success', async () => {
    const cut = await rawServer('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nstate');
    assert.equal((await probe({ body: 'state: fine' }, tcp(cut.port))).ok, false);
    await cut.close();
  });

  test('silence lasts no longer than the timeout', async () => {
    const silent = await rawServer(null);
    const { ok, ms, detail } = await probe({ timeoutMs: 60 }, tcp(silent.port));
    assert.deepEqual([ok, detail], [false, 'no answer within 60 ms']);
    assert.ok(ms >= 59, `${ms} ms`);
    await silent.close();
  });

  test('what is not HTTP, and what is not there, fail with a reason', async () => {
    const strange = await rawServer('220 mail ready\r\n');
    assert.match((await probe({}, tcp(strange.port))).detail, /not valid HTTP/);
    await strange.close();
    const gone = await rawServer(null);
    await gone.close();
    assert.equal((await probe({}, tcp(gone.port))).detail, 'connection refused');
    assert.equal((await probe({ kind: 'tcp' }, tcp(gone.port))).detail, 'connection refused');
  });

  test('TCP: whoever accepts is well', async () => {
    const silent = await rawServer(null);
    assert.deepEqual(await verdict({ kind: 'tcp' }, tcp(silent.port)), [true, 'connected']);
    await silent.close();
  });

  test('over a unix socket', async (t) => {
    const directory = temporaryDirectory(t);
    const path = join(directory, 's');
    const local = await Origin.start('u', { path });
    assert.deepEqual(await verdict({}, { kind: 'unix', path }), [true, 'status 200']);
    assert.deepEqual(await verdict({ kind: 'tcp' }, { kind: 'unix', path }), [true, 'connected']);
    await local.stop();
    assert.equal((await probe({}, { kind: 'unix', path })).detail, 'there is no such socket');
  });

  async function verdict(health: Partial<HealthPlan>, address?: SocketAddress): Promise<[boolean, string]> {
    const { ok, detail } = await probe(health, address);
    return [ok, detail];
  }
});

describe('traffic follows health', () => {
  test('a backend that fails its probes gets nothing, and comes back when they are good again', async (t) => {
    const other = await Origin.start('b');
    const seen: Transition[] = [];
    const { port } = await supervise(
      t,
      {
        workers: 2,
        // A probe that a busy machine holds up has not failed.
        health: { interval: '100ms', timeout: '30s', jitter: '0%', unhealthyAfter: 2, healthyAfter: 2 },
        backends: [
          { id: 'a', url: origin.url },
          { id: 'b', url: other.url },
        ],
      },
      { onTransition: (transition) => seen.push(transition) },
    );
    const statesOf = (id: string): string[] =>
      seen.filter(({ backend }) => backend === id).map(({ to }) => HEALTH_STATE_NAMES[to]);
    const bodies = async (): Promise<string> => {
      const replies = await Promise.all(Array.from({ length: 16 }, () => ask(port, '/proxy/x')));
      assert.ok(replies.every((reply) => reply.status === 200));
      return [...new Set(replies.map((reply) => reply.body))].toSorted().join();
    };

    await until('both to be healthy', () => statesOf('a').length === 1 && statesOf('b').length === 1);
    assert.equal(await bodies(), 'a,b');
    origin.healthStatus = 500;
    await until('a to be out', () => statesOf('a').at(-1) === 'unhealthy');
    assert.equal(await bodies(), 'b');
    assert.match((await ask(port, '/metrics')).body, /^edgebalancer_backend_up\{pool="app",backend="a"\} 0$/m);
    origin.healthStatus = 200;
    await until('a to be back', () => statesOf('a').at(-1) === 'healthy');
    assert.equal(await bodies(), 'a,b');
    assert.deepEqual(statesOf('a'), ['healthy', 'falling', 'unhealthy', 'rising', 'healthy']);
    assert.deepEqual(statesOf('b'), ['healthy']);
    await other.stop();
  });

  test('a backend that is down from the start is out after its first probe, and the reason can be read', async (t) => {
    const gone = await Origin.start('gone');
    const url = gone.url;
    await gone.stop();
    const { port } = await supervise(t, {
      health: { interval: '60s' },
      backends: [
        { id: 'a', url: origin.url },
        { id: 'gone', url },
      ],
    });
    const backend = await until('the first probes', async () => {
      const { backends } = JSON.parse((await ask(port, '/admin/backends')).body).pools[0];
      return backends[1].lastProbe === null || backends[0].state !== 'healthy' ? null : backends[1];
    });
    assert.deepEqual(
      [backend.state, backend.lastProbe.ok, backend.lastProbe.detail],
      ['unhealthy', false, 'connection refused'],
    );
    for (let turn = 0; turn < 4; turn++) assert.equal((await ask(port, '/proxy/x')).body, 'a');
  });

  test('a name that does not resolve is a backend that is down, probed or not', async (t) => {
    for (const health of [{ interval: '60s' }, null]) {
      const { port } = await supervise(
        t,
        { health, backends: [{ id: 'a', url: 'http://app.internal:3000' }] },
        { resolve: () => Promise.reject(new Error('ENOTFOUND')) },
      );
      const backend = await until('it to be down', async () => {
        const [one] = JSON.parse((await ask(port, '/admin/backends')).body).pools[0].backends;
        return one.state === 'unhealthy' ? one : null;
      });
      if (health !== null) assert.equal(backend.lastProbe.detail, 'name app.internal does not resolve');
      assert.equal((await ask(port, '/proxy/x')).status, 503);
    }
  });

  test('workers and probes go where a name leads, and follow it', async (t) => {
    const other = await Origin.start('b', { port: 0 });
    let addresses = ['127.0.0.1'];
    const { port } = await supervise(
      t,
      { health: { interval: '100ms' }, backends: [{ id: 'n', url: `http://app.internal:${other.port}` }] },
      { resolve: () => Promise.resolve({ addresses, ttlMs: 1_000 }) },
    );
    const entry = async () => JSON.parse((await ask(port, '/admin/backends')).body).pools[0].backends[0];
    await until('its first probe', async () => (await entry()).state === 'healthy');
    assert.equal((await ask(port, '/proxy/x')).body, 'b');
    addresses = ['127.0.0.2'];
    await until('the new address', async () => (await entry()).addresses[0] === '127.0.0.2');
    await until('it to be probed there', async () => (await entry()).lastProbe.ok === false);
    await other.stop();
  });
});
