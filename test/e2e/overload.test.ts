/** A process that has more to do than it can refuses some of it early, and goes on to answer for itself. */
import assert from 'node:assert/strict';
import { createConnection, type Socket } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import { P } from '#memory/counters.ts';
import { Origin, ask, type Reply } from '../support/origin.ts';
import { planFor, startPlane, type PlaneOptions } from '../support/plane.ts';
import { configOf, draftFrom, supervise, type Settings, type Supervised } from '../support/supervised.ts';
import { until } from '../support/until.ts';

async function backend(t: TestContext): Promise<Origin> {
  const origin = await Origin.start('fine');
  t.after(() => origin.stop());
  return origin;
}

function isShed(reply: Reply): boolean {
  if (reply.status !== 503) return false;
  assert.equal(reply.headers['x-edgebalancer-reason'], 'overloaded');
  assert.match(reply.headers['retry-after'] ?? '', /^\d+$/);
  return true;
}

/** Keeps the loop busy for `busyMs` in every turn, until it is told to stop. */
function keepBusy(busyMs: number): () => void {
  let busy = true;
  const turn = (): void => {
    if (!busy) return;
    const end = performance.now() + busyMs;
    while (performance.now() < end);
    setTimeout(turn, 0);
  };
  turn();
  return () => void (busy = false);
}

describe('a loop that is late', () => {
  const LAG_MS = 20;

  test('requests are refused while it is, control routes never', async (t) => {
    const origin = await backend(t);
    const options: PlaneOptions = {
      ports: [origin.port],
      plan: { overload: { eventLoopLagMs: LAG_MS, memoryBytes: 0 } },
    };
    const { plane, port, tables } = await startPlane(t, options);
    const plan = planFor(options, 2);
    const [route] = plan.routes;
    assert.ok(route);
    const control = {
      ...route,
      name: 'control',
      row: 2,
      controlPlane: true,
      match: { ...route.match, path: '/admin' },
    };
    plane.publish({ ...plan, routes: [control, route] });
    assert.equal((await ask(port)).status, 200);

    const stop = keepBusy(5 * LAG_MS);
    t.after(stop);
    await until('requests are refused', async () => isShed(await ask(port)));
    const refused = tables.counters.global('shedLag');
    assert.ok(refused > 0);
    let inRow = 0;
    await until('at twice the bound and more, all but a few', async () => {
      inRow = isShed(await ask(port)) ? inRow + 1 : 0;
      return inRow === 10;
    });
    const served = origin.served;
    let spared = 0;
    for (let round = 0; round < 5; round++) {
      if (!isShed(await ask(port))) spared += 1;
      assert.equal((await ask(port, '/admin/overview')).status, 200);
    }
    assert.ok(spared < 5);
    assert.equal(origin.served, served + 5 + spared, 'no backend saw the refused ones');
    assert.equal(tables.counters.global('shedMemory'), 0);

    stop();
    let well = 0;
    await until('all is well again', async () => {
      well = isShed(await ask(port)) ? 0 : well + 1;
      return well === 20;
    });
    assert.equal(tables.counters.global('inFlight'), 0);
  });

  test('one long pause refuses nothing', async (t) => {
    const origin = await backend(t);
    const { port, tables } = await startPlane(t, {
      ports: [origin.port],
      plan: { overload: { eventLoopLagMs: LAG_MS, memoryBytes: 0 } },
    });
    assert.equal((await ask(port)).status, 200);
    const end = performance.now() + 50 * LAG_MS;
    while (performance.now() < end);
    for (let round = 0; round < 10; round++) assert.equal((await ask(port)).status, 200);
    assert.equal(tables.counters.global('shedLag'), 0);
  });
});

for (const algorithm of ['gradient', 'vegas', 'aimd'] as const) {
  test(`an adaptive limit (${algorithm}): who comes beyond it is refused, and room that is made is given`, async (t) => {
    const origin = await backend(t);
    const { port, tables } = await startPlane(t, { ports: [origin.port], pool: { concurrency: { algorithm } } });
    origin.hold();
    // What a limit begins with.
    const most = 20;
    const held = Array.from({ length: most }, () => ask(port));
    await until('they are all in flight', () => origin.heldCount === most);
    for (let more = 0; more < 3; more++) assert.ok(isShed(await ask(port)));
    assert.equal(tables.counters.poolCount(0, P.concurrencyLimited), 3);
    assert.equal(origin.heldCount, most);
    origin.release();
    for (const reply of await Promise.all(held)) assert.equal(reply.status, 200);
    assert.equal((await ask(port)).status, 200);
    assert.equal(tables.slots.total[1], 0);
  });
}

async function superviseWith(t: TestContext, settings: Settings, more: object): Promise<Supervised> {
  return await supervise(t, settings, { draft: await draftFrom({ ...configOf(settings), ...more }) });
}

test('memory above its bound: requests are refused; health, readiness, control plane and metrics answer', async (t) => {
  const origin = await backend(t);
  const settings: Settings = { backends: [origin.url], admin: '127.0.0.1:0' };
  const { supervisor, port } = await superviseWith(t, settings, { overload: { memory: '1MiB', eventLoopLag: 0 } });
  await until('the size of the process is known', async () => isShed(await ask(port, '/proxy/x')));
  const { served } = origin;
  for (let round = 0; round < 5; round++) assert.ok(isShed(await ask(port, '/proxy/x')));
  assert.equal(origin.served, served);
  const admin = supervisor.adminPort;
  for (const path of ['/healthz', '/readyz']) assert.equal((await ask(admin, path)).status, 200, path);
  for (const path of ['/', '/admin/overview']) {
    assert.equal((await ask(port, path)).status, 200, `${path} on the listener`);
    assert.equal((await ask(admin, path)).status, 200, `${path} on its own address`);
  }
  const metrics = await until('all that were refused to be counted', async () => {
    const { body } = await ask(admin, '/metrics');
    const count = /^edgebalancer_overload_rejected_total\{reason="memory"\} (\d+)$/m.exec(body);
    return Number(count?.[1]) >= 6 ? body : null;
  });
  assert.match(metrics, /^edgebalancer_overload_rejected_total\{reason="event-loop-lag"\} 0$/m);

  // The bound is lifted by a reload, while everything runs.
  assert.ok(await supervisor.reload(await draftFrom({ ...configOf(settings), overload: { memory: 0 } })));
  assert.equal((await ask(port, '/proxy/x')).status, 200);
});

describe('more connections than a listener may have', () => {
  const MOST = 10;

  /** Opens connections and asks on each, so that those within the limit are known to be accepted. */
  async function open(t: TestContext, port: number, count: number): Promise<{ kept: Socket[]; refused: () => number }> {
    let refused = 0;
    const sockets = Array.from({ length: count }, () => {
      const socket = createConnection({ host: '127.0.0.1', port });
      t.after(() => socket.destroy());
      socket.on('error', () => {});
      socket.on('close', () => (refused += 1));
      socket.resume();
      return socket;
    });
    await until('all but the limit are refused', () => refused === count - MOST);
    return { kept: sockets.filter((socket) => !socket.destroyed), refused: () => refused };
  }

  test('the limit holds over all workers together, and a dead worker gives its places back', async (t) => {
    const origin = await backend(t);
    const settings: Settings = { backends: [origin.url], workers: 3 };
    const { supervisor, port } = await superviseWith(t, settings, {
      listeners: [{ address: '127.0.0.1:0', limits: { connections: MOST } }],
    });
    const { tables } = supervisor;
    const { kept } = await open(t, port, 60);
    assert.equal(tables.listeners.total[0], MOST);
    assert.equal(tables.counters.global('connections'), MOST);
    assert.equal(tables.counters.global('connectionsRefused'), 50);

    const victim = supervisor.workers.find(({ row }) => (tables.listeners.rows[row]?.[0] as number) > 0);
    assert.ok(victim);
    const lost = tables.listeners.rows[victim.row]?.[0] as number;
    await victim.thread.terminate();
    await until('its connections are gone', () => kept.filter((socket) => socket.destroyed).length === lost);
    await until('their places are free', () => tables.listeners.total[0] === MOST - lost);
    await until('it is replaced', () => supervisor.workerRestarts === 1);
    for (const socket of kept) socket.destroy();
    await until('all are gone', () => tables.listeners.total[0] === 0);
    await until('requests are served', async () => (await ask(port, '/proxy/x')).status === 200);
  });
});
