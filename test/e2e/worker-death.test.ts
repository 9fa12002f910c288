/** A worker thread dies: only its own exchanges go with it. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { WorkerHandle } from '#supervisor/worker-handle.ts';
import type { Supervisor } from '#supervisor/supervisor.ts';
import { G } from '#memory/counters.ts';
import { Origin, ask } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { supervise } from '../support/supervised.ts';
import { until } from '../support/until.ts';

const origin = await Origin.start('a');
after(() => origin.stop());
const GET = 'GET /proxy/x HTTP/1.1\r\nHost: test\r\n\r\n';
const gauge = (supervisor: Supervisor, worker: number, name: 'connections' | 'inFlight'): number =>
  supervisor.tables.counters.rows[worker]?.global[G[name]] as number;

/** Connects until every worker has `each` clients; the kernel decides who gets which. */
async function clientsOfEach(supervisor: Supervisor, port: number, each: number): Promise<RawClient[][]> {
  const groups: RawClient[][] = supervisor.workers.map(() => []);
  const counts = (): number[] => supervisor.workers.map((worker) => gauge(supervisor, worker.row, 'connections'));
  while (groups.some((group) => group.length < each)) {
    const before = counts();
    const client = await RawClient.connect({ port, methods: ['GET', 'GET'] });
    const owner = await until('the connection to be accepted', () => {
      const at = counts().findIndex((count, worker) => count > (before[worker] as number));
      return at === -1 ? null : { at };
    });
    groups[owner.at]?.push(client);
  }
  return groups;
}

describe('a worker that dies under load', () => {
  test('the others never notice, what it held is taken back, and another takes its place', async (t) => {
    const { supervisor, port } = await supervise(t, { workers: 2, backends: [{ id: 'a', url: origin.url }] });
    const slot = supervisor.plan.pools[0]?.backends[0]?.slot as number;
    const [doomed, safe] = (await clientsOfEach(supervisor, port, 3)) as [RawClient[], RawClient[]];
    const clients = [...doomed, ...safe];

    origin.hold();
    for (const client of clients) client.send(GET);
    await until('all requests to be with the backend', () => origin.heldCount === clients.length);
    assert.equal(supervisor.tables.slots.total[slot], clients.length);

    const [victim] = supervisor.workers as [WorkerHandle];
    await victim.thread.terminate();
    await until('its clients to see the end', () => doomed.every((client) => client.closed || client.wasReset));
    assert.equal(supervisor.tables.slots.total[slot], safe.length, 'only the living are counted');
    assert.equal(gauge(supervisor, 0, 'inFlight'), 0);
    assert.equal(gauge(supervisor, 0, 'connections'), 0);

    origin.release();
    await until('the others to be answered', () => safe.every((client) => client.received.endsWith('\r\n\r\na')));
    assert.ok(safe.every((client) => !client.closed));
    await until('the count to be 0', () => supervisor.tables.slots.total[slot] === 0);

    await until('another worker to listen', () => {
      const [next] = supervisor.workers;
      return next !== victim && next?.state === 'listening';
    });
    assert.equal(supervisor.workerRestarts, 1);
    const again = (await clientsOfEach(supervisor, port, 1)).flat();
    for (const client of again) client.send(GET);
    await until('both workers to serve', () => again.every((client) => client.received.endsWith('\r\n\r\na')));
    assert.match((await ask(port, '/metrics')).body, /^edgebalancer_worker_restarts_total 1$/m);
    for (const client of [...safe, ...again]) client.destroy();
  });

  test('requests that come while it is away are served by the others', async (t) => {
    const { supervisor, port } = await supervise(t, { workers: 2, backends: [{ id: 'a', url: origin.url }] });
    await supervisor.workers[1]?.thread.terminate();
    const replies = await Promise.all(Array.from({ length: 40 }, () => ask(port, '/proxy/x')));
    assert.deepEqual([...new Set(replies.map((reply) => `${reply.status} ${reply.body}`))], ['200 a']);
  });

  test('a worker that starts after a reload obeys the new plan', async (t) => {
    const other = await Origin.start('b');
    const { supervisor, port } = await supervise(t, { workers: 1, backends: [{ id: 'a', url: origin.url }] });
    const { configOf, draftFrom } = await import('../support/supervised.ts');
    await supervisor.reload(await draftFrom(configOf({ workers: 1, backends: [{ id: 'b', url: other.url }] })));
    const [victim] = supervisor.workers;
    await victim?.thread.terminate();
    await until(
      'the next one to listen',
      () => supervisor.workers[0] !== victim && supervisor.workers[0]?.state === 'listening',
    );
    assert.equal((await ask(port, '/proxy/x')).body, 'b');
    assert.equal(supervisor.workers[0]?.revision, 2);
    await other.stop();
  });
});
