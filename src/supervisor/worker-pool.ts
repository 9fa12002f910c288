/**
 * Keeps the wanted number of data-plane threads running. A worker that dies takes its own exchanges with it and nothing
 * else: what it held in shared memory is taken back, and another thread goes on in its row.
 */
import type { Log, Timers } from '#core/ports.ts';
import type { Plan } from '#core/plan.ts';
import type { Tables } from '#memory/tables.ts';
import type { ResolvedAddresses, TlsMaterial, ToWorker, WorkerStart } from '#worker/messages.ts';
import { Backoff } from './backoff.ts';
import { OperatorError } from './operator-error.ts';
import { WorkerHandle, type Spawn, type WorkerEvents } from './worker-handle.ts';

export interface WorkerPoolOptions {
  readonly spawn: Spawn;
  readonly buffer: SharedArrayBuffer;
  readonly tables: Tables;
  readonly timers: Timers;
  readonly log: Log;
  /** What a new worker obeys: the plan in force and the addresses known now. */
  readonly current: () => {
    readonly plan: Plan;
    readonly addresses: ResolvedAddresses;
    readonly tls: TlsMaterial;
  };
  /** Some worker obeys another edition, has come or has gone. */
  readonly onProgress: () => void;
  /** `reason` says why one died. */
  readonly onWorker?: (worker: number, state: 'started' | 'died' | 'restarted', reason?: string) => void;
}

interface Row {
  handle: WorkerHandle;
  readonly backoff: Backoff;
}

export class WorkerPool implements WorkerEvents {
  /** Workers that died and were started again. */
  restarts = 0;
  /** Ports bound, by listener name: what the plan says, or what the system gave the first worker for port 0. */
  ports: Readonly<Record<string, number>> = {};
  /** Resolves when the first worker listens. */
  readonly firstListening: Promise<void>;
  #onFirst!: () => void;
  readonly #options: WorkerPoolOptions;
  readonly #rows: Row[] = [];
  readonly #starting = new Map<WorkerHandle, { resolve: () => void; reject: (error: Error) => void }>();
  #drained: (() => void) | null = null;
  #cut = 0;
  #stopping = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.firstListening = new Promise((resolve) => {
      this.#onFirst = resolve;
    });
  }

  get handles(): readonly WorkerHandle[] {
    return this.#rows.map((row) => row.handle);
  }

  /** Starts workers until `count` run; resolves when the new ones listen, rejects when one cannot. */
  async growTo(count: number): Promise<void> {
    if (this.#rows.length >= count) return;
    // Port 0 is known only once one worker is bound; the others must be told.
    if (Object.keys(this.ports).length === 0) await this.#add();
    const more: Promise<void>[] = [];
    while (this.#rows.length < count) more.push(this.#add());
    await Promise.all(more);
  }

  /** Sends to every worker that runs. */
  broadcast(message: ToWorker): void {
    for (const { handle } of this.#rows) handle.post(message);
  }

  /** The oldest edition that a worker may still obey; Infinity when none runs. */
  get obeyedEdition(): number {
    let oldest = Infinity;
    for (const { handle } of this.#rows) if (handle.alive) oldest = Math.min(oldest, handle.edition);
    return oldest;
  }

  /** Has every worker finish what runs. Resolves with the number of exchanges cut, when all are done or `graceMs` is over. */
  async drain(graceMs: number): Promise<number> {
    this.#stopping = true;
    this.broadcast({ type: 'drain', graceMs });
    for (const { handle } of this.#rows) if (handle.state !== 'dead') handle.state = 'draining';
    if (this.#allDrained()) return this.#cut;
    await new Promise<void>((resolve) => {
      // Workers cut what is left at the end of the grace themselves; wait a little longer for them to say so.
      const cancel = this.#options.timers.after(graceMs + LATE_MS, resolve);
      this.#drained = () => {
        cancel();
        resolve();
      };
    });
    return this.#cut;
  }

  /** Ends every thread at once. */
  async terminate(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#rows.map(({ handle }) => handle.thread.terminate()));
  }

  onListening(handle: WorkerHandle): void {
    this.ports = { ...handle.ports, ...this.ports };
    this.#onFirst();
    this.#options.onWorker?.(handle.row, this.#starting.has(handle) ? 'started' : 'restarted');
    this.#starting.get(handle)?.resolve();
    this.#starting.delete(handle);
    // The plan may have moved on while the thread started.
    const { plan, addresses, tls } = this.#options.current();
    if (plan.edition > handle.edition) handle.post({ type: 'plan', plan, addresses, tls });
  }

  onPublished(): void {
    this.#options.onProgress();
  }

  onDrained(_handle: WorkerHandle, cut: number): void {
    this.#cut += cut;
    if (this.#allDrained()) this.#drained?.();
  }

  onExit(handle: WorkerHandle, reason: string): void {
    const { tables, log, timers } = this.#options;
    const taken = tables.slots.reclaim(handle.row);
    tables.counters.clearGauges(handle.row);
    tables.circuits.releaseLock(handle.row);
    tables.pools.reclaim(handle.row);
    tables.listeners.reclaim(handle.row);
    tables.concurrency.reclaim(handle.row);
    const starting = this.#starting.get(handle);
    this.#starting.delete(handle);
    this.#options.onProgress();
    if (this.#stopping) {
      if (this.#allDrained()) this.#drained?.();
      starting?.reject(new OperatorError('stopped while a worker was starting'));
      return;
    }
    if (starting !== undefined) {
      starting.reject(new OperatorError(`Worker ${handle.row} did not start: ${reason}`));
      return;
    }
    const row = this.#rows[handle.row] as Row;
    const waitMs = row.backoff.next(timers.nowMs() - handle.startedAtMs);
    log.error({ worker: handle.row, taken, waitMs, reason }, 'a worker died; another takes its place');
    this.#options.onWorker?.(handle.row, 'died', reason);
    timers.after(waitMs, () => this.#restart(row));
  }

  #restart(row: Row): void {
    if (this.#stopping) return;
    this.restarts += 1;
    row.handle = this.#spawn(row.handle.row);
  }

  #add(): Promise<void> {
    this.#options.tables.counters.readFirst(this.#rows.length + 1);
    const handle = this.#spawn(this.#rows.length);
    this.#rows.push({ handle, backoff: new Backoff() });
    return new Promise((resolve, reject) => this.#starting.set(handle, { resolve, reject }));
  }

  #spawn(worker: number): WorkerHandle {
    const { buffer, tables, spawn, timers, current } = this.#options;
    const { plan, addresses, tls } = current();
    const start: WorkerStart = { worker, buffer, capacity: tables.capacity, plan, addresses, tls, ports: this.ports };
    return new WorkerHandle(spawn, start, timers.nowMs(), this);
  }

  #allDrained(): boolean {
    return this.#rows.every(({ handle }) => handle.state === 'drained' || handle.state === 'dead');
  }
}

/** How much longer than the grace a worker may take to say that it is drained. */
const LATE_MS = 1_000;
