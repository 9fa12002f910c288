import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, test } from 'node:test';
import type { Plan } from '#core/plan.ts';
import { G } from '#memory/counters.ts';
import { layTables, tablesBytes } from '#memory/tables.ts';
import type { FromWorker, ToWorker, WorkerStart } from '#worker/messages.ts';
import { LogRecord, VirtualTimers, settled } from '../../test/support/virtual-timers.ts';
import type { CounterRow } from '#memory/counters.ts';
import type { Thread } from './worker-handle.ts';
import { WorkerPool } from './worker-pool.ts';

/** A thread that does what the test says. */
class FakeThread extends EventEmitter implements Thread {
  readonly start: WorkerStart;
  readonly told: ToWorker[] = [];

  constructor(start: WorkerStart) {
    super();
    this.start = start;
  }
  postMessage(message: ToWorker): void {
    this.told.push(message);
  }
  terminate(): Promise<number> {
    this.die();
    return Promise.resolve(1);
  }
  say(message: FromWorker): void {
    this.emit('message', message);
  }
  listen(port = 8080): void {
    this.say({ type: 'listening', engine: 'net', ports: { public: this.start.ports['public'] ?? port } });
  }
  die(): void {
    this.emit('exit', 1);
  }
}

function setUp() {
  const capacity = { workers: 4, slots: 8, routes: 2, pools: 1, limits: 1, bucketSets: 2 };
  const buffer = new SharedArrayBuffer(tablesBytes(capacity));
  const tables = layTables(buffer, capacity);
  const timers = new VirtualTimers();
  const log = new LogRecord();
  const threads: FakeThread[] = [];
  let revision = 1;
  const pool = new WorkerPool({
    spawn: (start) => {
      const thread = new FakeThread(start);
      threads.push(thread);
      return thread;
    },
    buffer,
    tables,
    timers,
    log,
    current: () => ({
      plan: { revision, edition: revision } as Plan,
      addresses: {},
      tls: { listeners: {}, pools: {} },
    }),
    onProgress: () => {},
  });
  /** Starts two workers that listen. */
  const startTwo = async (): Promise<void> => {
    const started = pool.growTo(2);
    threads[0]?.listen(4000);
    await settled();
    threads[1]?.listen();
    await started;
  };
  return { pool, threads, tables, timers, log, startTwo, publish: () => (revision += 1) };
}

describe('worker pool', () => {
  test('later workers bind the port that the first was given', async () => {
    const { pool, threads, startTwo } = setUp();
    await startTwo();
    assert.deepEqual(
      threads.map((thread) => thread.start.ports),
      [{}, { public: 4000 }],
    );
    assert.deepEqual(pool.ports, { public: 4000 });
  });

  test('a worker that cannot listen ends the start with its sentence', async () => {
    const { pool, threads } = setUp();
    const started = pool.growTo(1);
    threads[0]?.say({ type: 'failed', message: 'the port is taken' });
    await assert.rejects(started, { name: 'OperatorError', message: /the port is taken/ });
  });

  test('what a dead worker held is taken back before another starts in its row', async () => {
    const { pool, threads, tables, timers, log, startTwo } = setUp();
    await startTwo();
    tables.slots.begin(0, 3);
    tables.slots.begin(0, 3);
    tables.slots.begin(1, 3);
    const { global } = tables.counters.rows[0] as CounterRow;
    for (const gauge of [G.inFlight, G.connections, G.tunnels, G.requests]) global[gauge] = 5;
    threads[0]?.die();
    assert.equal(tables.slots.total[3], 1);
    assert.deepEqual(
      [G.inFlight, G.connections, G.tunnels, G.requests].map((at) => global[at]),
      [0, 0, 0, 5],
    );
    await timers.advance(0);
    assert.equal(threads.length, 3);
    assert.equal(threads[2]?.start.worker, 0);
    assert.deepEqual(threads[2]?.start.ports, { public: 4000 });
    assert.equal(pool.restarts, 1);
    assert.match(log.lines.join(), /error a worker died/);
  });

  test('one that dies again and again is restarted ever more slowly', async () => {
    const { threads, timers, startTwo } = setUp();
    await startTwo();
    const starts: number[] = [];
    for (let death = 0; death < 4; death++) {
      threads.findLast((thread) => thread.start.worker === 1)?.die();
      const [before, from] = [threads.length, timers.nowMs()];
      while (threads.length === before) await timers.advance(1);
      starts.push(timers.nowMs() - from);
    }
    // The first restart is due at once: it fires within the first millisecond that is let pass.
    assert.deepEqual(starts, [1, 100, 200, 400]);
  });

  test('a worker that comes up after the plan has moved on is told the new one', async () => {
    const { threads, timers, startTwo, publish } = setUp();
    await startTwo();
    threads[0]?.die();
    await timers.advance(0);
    publish();
    threads[2]?.listen();
    assert.deepEqual(
      threads[2]?.told.map((message) => message.type),
      ['plan'],
    );
  });

  test('a dead worker obeys nothing: it does not hold back the oldest revision in force', async () => {
    const { pool, threads, timers, startTwo } = setUp();
    await startTwo();
    threads[0]?.say({ type: 'published', revision: 2, edition: 2 });
    assert.equal(pool.obeyedEdition, 1);
    threads[1]?.die();
    assert.equal(pool.obeyedEdition, 2);
    await timers.advance(0);
    assert.equal(pool.obeyedEdition, 0, 'one that starts may obey the plan it was started with');
  });

  test('draining ends when all have said so, or have died, and nothing is restarted', async () => {
    const { pool, threads, timers, startTwo } = setUp();
    await startTwo();
    let cut = -1;
    void pool.drain(30_000).then((value) => (cut = value));
    assert.deepEqual(
      threads.map((thread) => thread.told.at(-1)),
      [
        { type: 'drain', graceMs: 30_000 },
        { type: 'drain', graceMs: 30_000 },
      ],
    );
    threads[0]?.say({ type: 'drained', cut: 2 });
    await settled();
    assert.equal(cut, -1);
    threads[1]?.die();
    await timers.advance(0);
    assert.equal(cut, 2);
    assert.equal(threads.length, 2);
  });

  test('a worker that never says it is drained does not hold up the end', async () => {
    const { pool, timers, startTwo } = setUp();
    await startTwo();
    let done = false;
    void pool.drain(1_000).then(() => (done = true));
    await timers.advance(1_999);
    assert.equal(done, false);
    await timers.advance(1);
    assert.equal(done, true);
  });
});
