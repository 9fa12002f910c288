/**
 * The main thread's side: turns the configuration into a plan, starts workers that obey it, keeps them running, probes
 * backends, answers for the control plane, and brings all of it to an orderly end. It never touches a request.
 */
import type { Log, Timers } from '#core/ports.ts';
import type { Plan, SocketAddress } from '#core/plan.ts';
import { DEFAULT_CAPACITY } from '#memory/layout.ts';
import { layTables, tablesBytes, type Tables } from '#memory/tables.ts';
import type { ResolvedAddresses } from '#worker/messages.ts';
import { makeControlSocket } from './control-socket.ts';
import type { Draft, ReadDraft } from './draft.ts';
import { FileWatch } from './file-watch.ts';
import { Membership } from './membership.ts';
import { OperatorError } from './operator-error.ts';
import { addressText, checkAddress } from './port-check.ts';
import { Publisher } from './publisher.ts';
import { refusal } from './reload-limits.ts';
import { RowAllocator } from './row-allocator.ts';
import { slotName } from './slot-names.ts';
import { systemTimers } from './system-timers.ts';
import { usableCpus } from './usable-cpus.ts';
import { spawnWorker, type Spawn, type WorkerHandle } from './worker-handle.ts';
import { WorkerPool } from './worker-pool.ts';

/** Rows for workers, so that a reload may add some. */
const WORKER_ROWS_MIN = 16;
/** Row 0 of the metrics counts requests that no route matched. */
const FIRST_ROUTE_ROW = 1;

export interface SupervisorOptions {
  readonly draft: Draft;
  /** Reads the configuration anew for `reload()`; without it there is nothing to read. */
  readonly read?: ReadDraft;
  /** The file whose changes reload. */
  readonly watch?: string;
  readonly log: Log;
  readonly timers?: Timers;
  readonly spawn?: Spawn;
  /** What `workers: auto` stands for. */
  readonly cpus?: number;
}

/** What exists from the first plan on. */
interface Running {
  plan: Plan;
  readonly tables: Tables;
  readonly pool: WorkerPool;
  readonly publisher: Publisher;
  readonly membership: Membership;
}

export class Supervisor {
  draining = false;
  readonly reloads = { ok: 0, failed: 0 };
  readonly #options: SupervisorOptions;
  readonly #timers: Timers;
  readonly #log: Log;
  readonly #control = makeControlSocket();
  readonly #slots: RowAllocator;
  readonly #routeRows: RowAllocator;
  #running: Running | null = null;
  #addresses: ResolvedAddresses = {};
  #queue: Promise<unknown> = Promise.resolve();
  #watch: FileWatch | null = null;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#timers = options.timers ?? systemTimers;
    this.#log = options.log;
    this.#slots = new RowAllocator({
      first: 0,
      capacity: DEFAULT_CAPACITY.slots,
      what: 'backends',
      isIdle: (slot) => this.#live.tables.slots.total[slot] === 0,
      onReuse: (slot) => this.#clearSlot(slot),
    });
    this.#routeRows = new RowAllocator({
      first: FIRST_ROUTE_ROW,
      capacity: DEFAULT_CAPACITY.routes,
      what: 'routes',
      isIdle: () => true,
      onReuse: (row) => this.#live.tables.counters.clearRoute(row),
    });
  }

  /** Ports of the listeners, by name. */
  get ports(): Readonly<Record<string, number>> {
    return this.#live.pool.ports;
  }

  get workers(): readonly WorkerHandle[] {
    return this.#live.pool.handles;
  }

  get plan(): Plan {
    return this.#live.plan;
  }

  get tables(): Tables {
    return this.#live.tables;
  }

  /** Resolves when every worker listens. Rejects with an `OperatorError` when an operator must put something right. */
  async start(): Promise<void> {
    const { draft } = this.#options;
    const { plan, commit } = this.#compile(draft, 1);
    await Promise.all(plan.listeners.map(({ name, address }) => checkAddress(`Listener "${name}"`, address)));
    const capacity = { ...DEFAULT_CAPACITY, workers: Math.max(plan.workers, WORKER_ROWS_MIN) };
    const buffer = new SharedArrayBuffer(tablesBytes(capacity));
    const tables = layTables(buffer, capacity);
    const pool = new WorkerPool({
      spawn: this.#options.spawn ?? spawnWorker,
      buffer,
      tables,
      timers: this.#timers,
      log: this.#log,
      current: () => ({ plan: this.plan, addresses: this.#addresses }),
      onProgress: () => this.#running?.publisher.progress(),
    });
    const publisher = new Publisher(pool, this.#timers, this.#log);
    const membership = new Membership(tables.slots, this.#timers);
    this.#running = { plan, tables, pool, publisher, membership };
    membership.apply(plan, commit());
    try {
      await pool.growTo(plan.workers);
    } catch (error) {
      await this.stop();
      throw error;
    }
    for (const { name, address } of plan.listeners) this.#log.info({}, `listener ${name}: ${this.#url(name, address)}`);
    await this.#watchFile();
  }

  /** Reads the configuration (or takes `draft`) and publishes it. False when it was refused: the plan in force stays. */
  reload(draft?: Draft): Promise<boolean> {
    const done = this.#queue.then(() => this.#reload(draft));
    this.#queue = done.catch(() => {});
    return done;
  }

  /** Lets what runs finish, up to `graceMs`, then stops. Resolves with the number of connections cut. */
  async drain(graceMs: number): Promise<number> {
    this.draining = true;
    this.#log.info({ graceMs }, 'draining: finishing what runs, accepting nothing new');
    const cut = await this.#live.pool.drain(graceMs);
    this.#log.info({ cut }, cut === 0 ? 'drained' : 'the grace is over; what still ran was cut');
    await this.stop();
    return cut;
  }

  /** Ends everything at once. */
  async stop(): Promise<void> {
    this.draining = true;
    this.#watch?.stop();
    this.#running?.membership.stop();
    await this.#running?.pool.terminate();
    this.#control.remove();
  }

  get #live(): Running {
    if (this.#running === null) throw new Error('the supervisor has not been started');
    return this.#running;
  }

  async #reload(given: Draft | undefined): Promise<boolean> {
    const reading =
      given !== undefined
        ? { draft: given, problems: [], notes: [] }
        : ((await this.#options.read?.()) ?? { draft: null, problems: ['There is no file to read again.'], notes: [] });
    if (reading.draft === null) return this.#refuse(reading.problems);
    try {
      await this.#publish(reading.draft);
    } catch (error) {
      if (error instanceof OperatorError) return this.#refuse([error.message]);
      throw error;
    }
    for (const note of reading.notes) this.#log.warn({}, note);
    this.reloads.ok += 1;
    return true;
  }

  async #watchFile(): Promise<void> {
    const { watch: file } = this.#options;
    if (file === undefined) return;
    this.#watch = new FileWatch(file, this.#timers, () => void this.reload());
    await this.#watch.start();
  }

  #url(name: string, address: SocketAddress): string {
    if (address.kind === 'unix') return `unix:${address.path}`;
    return `http://${addressText({ ...address, port: this.ports[name] ?? address.port })}`;
  }

  #refuse(problems: readonly string[]): boolean {
    this.reloads.failed += 1;
    for (const problem of problems) this.#log.error({ problem }, 'configuration refused; the one in force stays');
    return false;
  }

  async #publish(draft: Draft): Promise<void> {
    const { pool, membership, publisher, tables } = this.#live;
    const { plan, commit } = this.#compile(draft, this.plan.revision + 1);
    const why = refusal(this.plan, plan, tables.capacity.workers);
    if (why !== null) throw new OperatorError(why);
    this.#live.plan = plan;
    membership.apply(plan, commit());
    const obeyed = await publisher.publish(plan, this.#addresses);
    if (plan.workers > pool.handles.length) await pool.growTo(plan.workers);
    this.#log.info({ revision: plan.revision, obeyed }, 'configuration reloaded');
  }

  /** Nothing is changed until `commit`, which returns the names of slots that are new. */
  #compile(draft: Draft, revision: number): { plan: Plan; commit: () => Set<string> } {
    const obeyed = this.#running?.pool.obeyedRevision ?? 0;
    const slots = this.#slots.draft(obeyed);
    const routeRows = this.#routeRows.draft(obeyed);
    const plan = draft.compile({
      revision,
      assignSlot: (pool, id, url) => slots.assign(slotName(pool, id, url)),
      assignRouteRow: (name) => routeRows.assign(name),
      controlSocket: this.#control.path,
      cpus: this.#options.cpus ?? usableCpus(),
    });
    const commit = (): Set<string> => {
      this.#routeRows.commit(routeRows, revision);
      return new Set(this.#slots.commit(slots, revision));
    };
    return { plan, commit };
  }

  #clearSlot(slot: number): void {
    const { slots, counters, strategies } = this.#live.tables;
    slots.generation[slot]! += 1;
    counters.clearSlot(slot);
    strategies.clearSlot(slot);
  }
}
