/**
 * The main thread's side: turns the configuration into a plan, starts workers that obey it, keeps them running, probes
 * backends, answers for the control plane, and brings all of it to an orderly end. It never touches a request.
 */
import { randomFillSync } from 'node:crypto';
import { usableCpus } from '#control/config/usable-cpus.ts';
import { usableMemoryBytes } from '#control/config/usable-memory.ts';
import type { Log, Random, Timers } from '#core/ports.ts';
import type { Plan } from '#core/plan.ts';
import { resolveName, type Resolve } from '#discovery/resolve.ts';
import { DEFAULT_CAPACITY } from '#memory/layout.ts';
import { layTables, tablesBytes, type Tables } from '#memory/tables.ts';
import { anyProbe } from '#probes/any-probe.ts';
import type { Probe } from '#probes/probe.ts';
import type { Transition } from '#probes/prober.ts';
import { checkAccessLog } from './access-log-check.ts';
import { boundAddress } from './address-text.ts';
import type { Facts } from './admin-facts.ts';
import { BackendWatch } from './backend-watch.ts';
import { ControlPlane } from './control-plane.ts';
import type { Draft, ReadDraft, Reading } from './draft.ts';
import { EventLog } from './event-log.ts';
import { FileWatch } from './file-watch.ts';
import { MemorySampler } from './memory-sampler.ts';
import { OperatorError } from './operator-error.ts';
import { checkAddress } from './port-check.ts';
import { Publisher } from './publisher.ts';
import { refusal } from './reload-limits.ts';
import { Rows } from './rows.ts';
import { systemTimers } from './system-timers.ts';
import { spawnWorker, type Spawn, type WorkerHandle } from './worker-handle.ts';
import { WorkerPool } from './worker-pool.ts';

/** Rows for workers, so that a reload may add some. */
const WORKER_ROWS_MIN = 16;

export interface SupervisorOptions {
  readonly draft: Draft;
  /** Reads the configuration anew for `reload()`; without it there is nothing to read. */
  readonly read?: ReadDraft;
  /** The file whose changes reload. */
  readonly watch?: string;
  readonly log: Log;
  readonly version?: string;
  /** Called for each change of a backend's health. */
  readonly onTransition?: (transition: Transition) => void;
  /** What `workers: auto` stands for. */
  readonly cpus?: number;
  readonly timers?: Timers;
  readonly random?: Random;
  readonly spawn?: Spawn;
  readonly probe?: Probe;
  readonly resolve?: Resolve;
}

/** What exists from the first plan on. */
interface Running {
  plan: Plan;
  readonly tables: Tables;
  readonly pool: WorkerPool;
  readonly publisher: Publisher;
  readonly watch: BackendWatch;
  readonly events: EventLog;
  readonly memory: MemorySampler;
}

export class Supervisor {
  draining = false;
  readonly reloads = { ok: 0, failed: 0 };
  readonly #options: SupervisorOptions;
  readonly #timers: Timers;
  readonly #log: Log;
  readonly #control: ControlPlane;
  readonly #rows: Rows;
  readonly #startedAtMs: number;
  #running: Running | null = null;
  #queue: Promise<unknown> = Promise.resolve();
  #fileWatch: FileWatch | null = null;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#timers = options.timers ?? systemTimers;
    this.#log = options.log;
    this.#startedAtMs = this.#timers.wallMs();
    this.#control = new ControlPlane(() => this.#facts(), options.log);
    this.#rows = new Rows(() => this.#live.tables);
  }

  /** Ports of the listeners, by name. */
  get ports(): Readonly<Record<string, number>> {
    return this.#live.pool.ports;
  }

  /** Port of the admin API's own address; 0 where it has none. */
  get adminPort(): number {
    return this.#control.port;
  }

  /** The listeners, each with the address that it is bound to. */
  get listeners(): readonly { readonly name: string; readonly address: string }[] {
    return this.plan.listeners.map(({ name, address }) => ({ name, address: boundAddress(address, this.ports[name]) }));
  }

  get workers(): readonly WorkerHandle[] {
    return this.#live.pool.handles;
  }

  get workerRestarts(): number {
    return this.#live.pool.restarts;
  }

  get plan(): Plan {
    return this.#live.plan;
  }

  get tables(): Tables {
    return this.#live.tables;
  }

  /** Resolves when every worker listens. Rejects with an `OperatorError` when an operator must put something right. */
  async start(): Promise<void> {
    const { draft, watch: file } = this.#options;
    try {
      const { plan, commit } = this.#compile(draft, 1);
      await Promise.all(plan.listeners.map(({ name, address }) => checkAddress(`Listener "${name}"`, address)));
      checkAccessLog(plan.accessLog);
      const { pool, watch, events, memory } = (this.#running = this.#assemble(plan));
      watch.enter(plan, commit());
      const workers = pool.growTo(plan.workers);
      // Whatever requests do not wait for comes after the first worker listens: at start, every millisecond of CPU counts.
      await Promise.race([pool.firstListening, workers]);
      watch.follow(plan);
      events.start();
      memory.start();
      await Promise.all([workers, this.#control.start(draft.admin)]);
    } catch (error) {
      await this.stop();
      throw error;
    }
    if (file !== undefined) {
      this.#fileWatch = new FileWatch(file, this.#timers, () => void this.reload());
      await this.#fileWatch.start();
    }
  }

  /** Reads the configuration (or takes `draft`) and publishes it. False when it was refused: the plan in force stays. */
  reload(draft?: Draft): Promise<boolean> {
    const done = this.#queue
      .then(() => this.#reload(draft))
      .catch((error: unknown) => this.#refuse([whatFailed(error)]));
    this.#queue = done;
    return done;
  }

  /** Lets what runs finish, up to `graceMs`, then stops. Resolves with the number of connections cut. */
  async drain(graceMs: number): Promise<number> {
    this.draining = true;
    this.#log.info({ graceMs }, 'draining: finishing what runs, accepting nothing new');
    const cut = await this.#live.pool.drain(graceMs);
    if (cut === 0) this.#log.info({}, 'drained');
    else this.#log.warn({ cut }, 'the grace is over; connections that were still busy have been cut');
    await this.stop();
    return cut;
  }

  /** Ends everything at once. */
  async stop(): Promise<void> {
    this.draining = true;
    this.#fileWatch?.stop();
    this.#running?.watch.stop();
    this.#running?.memory.stop();
    await this.#running?.pool.terminate();
    this.#running?.events.stop();
    await this.#control.stop();
  }

  get #live(): Running {
    if (this.#running === null) throw new Error('the supervisor has not been started');
    return this.#running;
  }

  #assemble(plan: Plan): Running {
    const { spawn = spawnWorker, probe = anyProbe, resolve = resolveName, random = Math.random } = this.#options;
    const capacity = { ...DEFAULT_CAPACITY, workers: Math.max(plan.workers, WORKER_ROWS_MIN) };
    const buffer = new SharedArrayBuffer(tablesBytes(capacity));
    const tables = layTables(buffer, capacity);
    randomFillSync(new Uint32Array(tables.buckets.hashKey.buffer, tables.buckets.hashKey.byteOffset, 2));
    const log = this.#log;
    const timers = this.#timers;
    const watch = new BackendWatch({
      slots: tables.slots,
      timers,
      random,
      log,
      probe,
      resolve,
      onAddresses: () => pool.broadcast({ type: 'addresses', addresses: watch.addresses() }),
      onTransition: (transition) => this.#options.onTransition?.(transition),
    });
    const pool = new WorkerPool({
      spawn,
      buffer,
      tables,
      timers,
      log,
      current: () => ({ plan: this.plan, addresses: watch.addresses() }),
      onProgress: () => publisher.progress(),
    });
    const publisher = new Publisher(pool, timers, log);
    const events = new EventLog(tables.events, timers, log, () => this.plan);
    const memory = new MemorySampler(tables.process, timers);
    return { plan, tables, pool, publisher, watch, events, memory };
  }

  async #reload(given: Draft | undefined): Promise<boolean> {
    const { draft, problems, notes } = await this.#read(given);
    if (draft === null) return this.#refuse(problems);
    await this.#publish(draft);
    for (const warning of problems) this.#log.warn({}, warning);
    for (const note of notes) this.#log.info({}, note);
    this.reloads.ok += 1;
    return true;
  }

  async #read(given: Draft | undefined): Promise<Reading> {
    const { read } = this.#options;
    if (given !== undefined) return { draft: given, problems: [], notes: [] };
    if (read === undefined) return { draft: null, problems: ['There is no file to read again.'], notes: [] };
    return await read();
  }

  #refuse(problems: readonly string[]): boolean {
    this.reloads.failed += 1;
    for (const problem of problems) this.#log.error({}, problem);
    this.#log.error({ revision: this.plan.revision }, 'the configuration was refused; the one in force stays');
    return false;
  }

  async #publish(draft: Draft): Promise<void> {
    const { pool, watch, publisher, tables, plan: before } = this.#live;
    const { plan, commit } = this.#compile(draft, before.revision + 1);
    const why = refusal(before, plan, tables.capacity.workers);
    if (why !== null) throw new OperatorError(why);
    checkAccessLog(plan.accessLog);
    const added = commit();
    this.#rows.forgetStrategies(before, plan);
    this.#live.plan = plan;
    watch.enter(plan, added);
    watch.follow(plan);
    const obeyed = await publisher.publish(plan, watch.addresses());
    await pool.growTo(plan.workers);
    this.#log.info({ revision: plan.revision, obeyed }, 'configuration reloaded');
  }

  #compile(draft: Draft, revision: number): { plan: Plan; commit: () => Set<string> } {
    const { commit, ...assign } = this.#rows.draft(this.#running?.pool.obeyedRevision ?? 0, revision);
    const cpus = this.#options.cpus ?? usableCpus();
    const plan = draft.compile({
      revision,
      ...assign,
      controlSocket: this.#control.path,
      cpus,
      memoryBytes: usableMemoryBytes(),
    });
    return { plan, commit };
  }

  #facts(): Facts {
    const { plan, tables, watch, pool, events } = this.#live;
    return {
      plan,
      tables,
      watch,
      circuitChange: (slot) => events.lastChange(slot),
      workers: pool.handles,
      workerRestarts: pool.restarts,
      ports: pool.ports,
      draining: this.draining,
      reloads: this.reloads,
      version: this.#options.version ?? '',
      startedAtMs: this.#startedAtMs,
      nowMs: this.#timers.wallMs(),
    };
  }
}

/** A reload that fails through a fault of the program is refused like any other: what runs must go on. */
function whatFailed(error: unknown): string {
  if (error instanceof OperatorError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
