/**
 * The main thread's side: turns the configuration into a plan, starts workers that obey it, keeps them running, probes
 * backends, answers for the control plane, and brings all of it to an orderly end. It never touches a request.
 */
import { randomBytes } from 'node:crypto';
import { usableCpus } from '#control/config/usable-cpus.ts';
import { usableMemoryBytes } from '#control/config/usable-memory.ts';
import { compile } from '#control/config/compile.ts';
import type { Config } from '#control/config/schema.ts';
import { EventHub, type TakeFigures } from '#control/events/event-hub.ts';
import type { Candidate } from '#control/live/in-force.ts';
import { LiveConfig } from '#control/live/live-config.ts';
import type { Log, Timers } from '#core/ports.ts';
import type { Plan } from '#core/plan.ts';
import type { Discovery } from '#discovery/discovery.ts';
import { FileWatch } from '#discovery/file-watch.ts';
import type { Tables } from '#memory/tables.ts';
import { accessLogRefusal, checkAccessLog } from './access-log-check.ts';
import { boundAddress } from './address-text.ts';
import type { Facts } from './admin-facts.ts';
import { assemble, type Running } from './assembly.ts';
import { ControlPlane } from './control-plane.ts';
import { controlPorts, deferredPorts, type ControlPorts } from './control-ports.ts';
import { discoveredPools, FIRST_ANSWERS_MS } from './discovered-pools.ts';
import { readingOf, type Draft } from './draft.ts';
import { EventFeed } from './event-feed.ts';
import { OperatorError } from './operator-error.ts';
import { checkAddress } from './port-check.ts';
import { refusal } from './reload-limits.ts';
import { Rows } from './rows.ts';
import { limitHashKey, SharedState } from './shared-state.ts';
import type { SupervisorOptions } from './supervisor-options.ts';
import { systemTimers } from './system-timers.ts';
import { Traces } from './traces.ts';
import { whatFailed } from './what-failed.ts';
import type { WorkerHandle } from './worker-handle.ts';

/** Starts are told apart by it (contract/events.ts). */
const START_ID_BYTES = 6;

export type { SupervisorOptions } from './supervisor-options.ts';

export class Supervisor {
  draining = false;
  readonly reloads = { ok: 0, failed: 0 };
  /** What happens, for whoever listens. */
  readonly events: EventHub;
  readonly #feed: EventFeed;
  readonly #options: SupervisorOptions;
  readonly #timers: Timers;
  readonly #log: Log;
  readonly #control: ControlPlane;
  readonly #traces: Traces;
  readonly #rows: Rows;
  readonly #discovery: Discovery;
  /** Plans made so far. */
  #edition = 0;
  readonly #startedAtMs: number;
  readonly #startId = randomBytes(START_ID_BYTES).toString('hex');
  #running: Running | null = null;
  /** Null before `start` has decided what is in force. */
  #config: LiveConfig | null = null;
  #ports: ControlPorts | null = null;
  #queue: Promise<unknown> = Promise.resolve();
  #fileWatch: FileWatch | null = null;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#timers = options.timers ?? systemTimers;
    this.#log = options.log;
    this.#startedAtMs = this.#timers.wallMs();
    this.events = new EventHub({
      start: this.#startId,
      timers: this.#timers,
      figures: () => this.#startFigures(),
    });
    this.#feed = new EventFeed(this.events);
    this.#control = this.#makeControl();
    const { env = {}, version = '' } = options;
    const { timers, log } = { timers: this.#timers, log: this.#log };
    this.#traces = new Traces({ tables: () => this.tables, env, version, timers, log });
    this.#rows = new Rows(() => this.#live.tables);
    this.#discovery = discoveredPools({ env, timers, log, onChange: () => this.#takeFound() });
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

  /** The configuration in force, and changes to it. */
  get config(): LiveConfig {
    if (this.#config === null) throw new Error('the supervisor has not been started');
    return this.#config;
  }

  /** Resolves when every worker listens. Rejects with an `OperatorError` when an operator must put something right. */
  async start(): Promise<void> {
    const { file } = this.#options;
    try {
      const config = (this.#config = await this.#openConfig());
      const { shared } = config.config.state;
      this.#discovery.follow(config.config.pools);
      await this.#discovery.asked(FIRST_ANSWERS_MS);
      const { plan, commit } = this.#compile(config.config, config.revision);
      await Promise.all(plan.listeners.map(({ name, address }) => checkAddress(`Listener "${name}"`, address)));
      checkAccessLog(plan.accessLog);
      const running = (this.#running = this.#assemble(plan, limitHashKey(shared)));
      const { pool, watch, events, memory, certificates } = running;
      certificates.begin(plan);
      watch.enter(plan, commit());
      const workers = pool.growTo(plan.workers);
      // Whatever requests do not wait for comes after the first worker listens: at start, every millisecond of CPU counts.
      await Promise.race([pool.firstListening, workers]);
      watch.follow(plan);
      events.start();
      memory.start();
      const sharing = {
        settings: shared,
        id: this.#startId,
        tables: this.tables,
        plan,
        timers: this.#timers,
        log: this.#log,
      };
      this.#live.shared = await SharedState.start(sharing);
      this.#traces.obey(config.config.tracing);
      await Promise.all([workers, this.#startControl(config)]);
      // What was found since the plan was made.
      if (Object.values(config.config.pools).some(({ discovery }) => discovery !== null)) await this.#takeFound();
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

  /** The access log's file has been moved away: every worker opens it anew. */
  reopenLogs(): void {
    this.#running?.pool.broadcast({ type: 'reopen-log' });
    this.#log.info({}, 'the access log is opened anew');
  }

  /** Lets what runs finish, up to `graceMs`, then stops. Resolves with the number of connections cut. */
  async drain(graceMs: number): Promise<number> {
    this.draining = true;
    this.#log.info({ graceMs }, 'draining: finishing what runs, accepting nothing new');
    // Streams have no end of their own: workers would wait for those that go through them.
    this.#feed.drain(graceMs);
    const cut = await this.#live.pool.drain(graceMs);
    if (cut === 0) this.#log.info({}, 'drained');
    else this.#log.warn({ cut }, 'the grace is over; connections that were still busy have been cut');
    await this.stop();
    return cut;
  }

  /** Ends everything at once. */
  async stop(): Promise<void> {
    this.draining = true;
    this.events.close();
    this.#fileWatch?.stop();
    this.#discovery.stop();
    this.#running?.watch.stop();
    this.#running?.memory.stop();
    this.#running?.certificates.stop();
    await this.#running?.shared?.stop();
    await this.#running?.pool.terminate();
    // What the workers have recorded to the last lies in shared memory.
    await this.#traces.close();
    this.#running?.events.stop();
    this.#ports?.stop();
    await this.#control.stop();
    await this.#config?.close();
  }

  #openConfig(): Promise<LiveConfig> {
    const { draft, file = null, stateDir = null, env = {}, onLogLevel } = this.#options;
    return LiveConfig.open({
      ...draft,
      file,
      stateDir,
      environment: env,
      log: this.#log,
      timers: this.#timers,
      onChange: ({ log, tracing, pools }, revision) => {
        onLogLevel?.(log.level);
        this.#discovery.follow(pools);
        if (this.#running !== null) this.#traces.obey(tracing);
        this.#feed.config(revision);
      },
    });
  }

  #makeControl(): ControlPlane {
    const { env = {}, stateDir = null, announce } = this.#options;
    return new ControlPlane({
      facts: () => this.#facts(),
      ports: deferredPorts(
        () => this.config,
        () => this.#ports,
        this.events,
      ),
      settings: () => this.config.settings(),
      stateDir,
      env,
      timers: this.#timers,
      log: this.#log,
      ...(announce !== undefined && { announce }),
    });
  }

  async #startControl(config: LiveConfig): Promise<void> {
    const { env = {}, stateDir = null } = this.#options;
    // Revisions are kept before the API can be asked for them.
    await config.serve({
      plan: () => this.plan,
      compile: (next, revision) => this.#candidate(next, revision),
    });
    const facts = (): Facts => this.#facts();
    const { events } = this;
    const { timers, log } = { timers: this.#timers, log: this.#log };
    this.#ports = await controlPorts({ id: this.#startId, facts, config, stateDir, env, timers, log, events });
    this.#ports.start();
    await this.#control.start(config.config.admin.address);
    await this.#live.shared?.share(config, this.#ports.replicas);
  }

  /** Discovery has found other backends: the configuration in force is obeyed with them. */
  async #takeFound(): Promise<void> {
    if (this.#config?.isServing !== true) return;
    const result = await this.config.again();
    if (result.kind === 'refused') this.#log.error({ why: result.why }, 'discovered backends cannot be taken over');
  }

  #startFigures(): TakeFigures {
    if (this.#ports === null) throw new Error('somebody listens, and the control plane has not been started');
    return this.#ports.figures();
  }

  get #live(): Running {
    if (this.#running === null) throw new Error('the supervisor has not been started');
    return this.#running;
  }

  #assemble(plan: Plan, limitHashKey: Uint32Array): Running {
    const { spawn, probe, resolve, random, onTransition } = this.#options;
    return assemble(plan, {
      current: () => this.plan,
      feed: this.#feed,
      limitHashKey,
      timers: this.#timers,
      log: this.#log,
      onTransition: (transition) => onTransition?.(transition),
      spawn,
      probe,
      resolve,
      random,
    });
  }

  async #reload(given: Draft | undefined): Promise<boolean> {
    const { draft, problems, notes } = await readingOf(given, this.#options.read);
    if (draft === null) {
      this.config.fileRefused(problems[0] ?? 'it cannot be read');
      return this.#refuse(problems);
    }
    const result = await this.config.takeFile(draft.text, draft.config, 'file');
    if (result.kind === 'refused' || result.kind === 'failed') return this.#refuse([result.why]);
    if (result.kind !== 'done') throw new Error(`the file was read and is ${result.kind}`);
    this.#log.info({ revision: result.revision, obeyed: result.obeyed }, 'configuration reloaded');
    for (const warning of problems) this.#log.warn({}, warning);
    for (const note of notes) this.#log.info({}, note);
    this.reloads.ok += 1;
    await this.#control.reconcile();
    return true;
  }

  #refuse(problems: readonly string[]): boolean {
    this.reloads.failed += 1;
    for (const problem of problems) this.#log.error({}, problem);
    this.#log.error({ revision: this.plan.revision }, 'the configuration was refused; the one in force stays');
    this.#feed.refused(this.plan.revision, problems);
    return false;
  }

  /** What a configuration would become. Nothing changes before it is published. */
  #candidate(config: Config, revision: number): Candidate | string {
    try {
      const { plan, commit } = this.#compile(config, revision);
      return {
        plan,
        refusal: () =>
          refusal(this.plan, plan, this.tables.capacity.workers) ??
          accessLogRefusal(plan.accessLog) ??
          this.#live.certificates.refusal(plan),
        publish: () => this.#publish(plan, commit),
      };
    } catch (error) {
      if (error instanceof OperatorError) return error.message;
      throw error;
    }
  }

  async #publish(plan: Plan, commit: () => Set<string>): Promise<boolean> {
    const { pool, watch, publisher, tables, certificates, plan: before } = this.#live;
    const added = commit();
    this.#rows.forgetStrategies(before, plan);
    this.#live.plan = plan;
    watch.enter(plan, added);
    this.#feed.planned(before, plan, tables.slots);
    watch.follow(plan);
    this.#live.shared?.limits.obey(plan.rateLimits);
    certificates.obey(plan);
    const obeyed = publisher.publish(plan, watch.addresses(), certificates.current);
    try {
      await pool.growTo(plan.workers);
    } catch (error) {
      // The plan is in force; the workers that run obey it.
      this.#log.error({ error: whatFailed(error) }, 'not all workers that were asked for could be started');
      return false;
    }
    return obeyed;
  }

  #compile(config: Config, revision: number): { plan: Plan; commit: () => Set<string> } {
    const edition = ++this.#edition;
    const { commit, ...assign } = this.#rows.draft(this.#running?.pool.obeyedEdition ?? 0, edition);
    const cpus = this.#options.cpus ?? usableCpus();
    const controlSocket = this.#control.path;
    const options = { revision, edition, ...assign, controlSocket, cpus, memoryBytes: usableMemoryBytes() };
    const plan = compile(config, { ...options, found: (pool) => this.#discovery.members(pool) });
    return { plan, commit };
  }

  #facts(): Facts {
    const { plan, tables, watch, pool, events, certificates } = this.#live;
    return {
      plan,
      tables,
      watch,
      discovery: this.#discovery,
      certificates: certificates.served,
      circuitChange: (slot) => events.lastChange(slot),
      workers: pool.handles,
      workerRestarts: pool.restarts,
      eventStreams: this.events.counts,
      spans: this.#traces.counts,
      shared: this.#live.shared?.status ?? null,
      ports: pool.ports,
      draining: this.draining,
      reloads: this.reloads,
      version: this.#options.version ?? '',
      startedAtMs: this.#startedAtMs,
      nowMs: this.#timers.wallMs(),
    };
  }
}
