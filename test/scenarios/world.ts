/**
 * A run of a scenario: a virtual clock and what falls due on it. One seed, one run: all chance comes from generators that
 * are seeded by the scenario, and nothing else is asked for anything.
 */
import { createPrng } from '#core/math/prng.ts';
import { EventQueue } from '#simulator/event-queue.ts';
import type { Outcome } from '#core/outcome.ts';
import type { AttemptModel } from './attempt-model.ts';
import { BackendTwin } from './backend-twin.ts';
import { Coverage } from './coverage.ts';
import type { Ending, ExchangeModel } from './exchange-model.ts';
import { Violation, type InvariantName } from './invariants.ts';
import { LimitTwin } from './limit-twin.ts';
import { REAL, type Policies } from './policies.ts';
import type { Fault, Scenario } from './scenario.ts';
import { SupervisorTwin } from './supervisor-twin.ts';
import { layTwin, type TablesTwin } from './tables-twin.ts';
import { scheduleTraffic } from './traffic.ts';
import { Watch } from './watch.ts';
import { WorkerTwin } from './worker-twin.ts';

/** A run that takes more steps goes round in a circle. */
const STEPS_MAX = 400_000;
/** Everything must have ended so long after the last arrival: the longest answers, and what follows. */
const REST_MS = 900_000;
const WRAP_MS = 2 ** 31;

export interface Failure {
  readonly invariant: InvariantName;
  readonly detail: string;
  /** Since the start. */
  readonly atMs: number;
}

export interface Result {
  readonly failure: Failure | null;
  readonly steps: number;
  readonly coverage: Coverage;
  /** A number that differs when anything that happened does. */
  readonly digest: number;
  readonly traceLines: readonly string[];
}

/** Who wants to see more than whether the invariants hold. Times since the start. */
export interface Observer {
  /** An attempt begins. */
  began?(attempt: AttemptModel, backend: string, atMs: number): void;
  ended?(attempt: AttemptModel, backend: string, outcome: Outcome, atMs: number): void;
  closed?(exchange: ExchangeModel, ending: Ending, atMs: number): void;
}

export interface RunOptions {
  readonly policies?: Policies;
  readonly observer?: Observer;
  /** Keep a line for each pick and end. */
  readonly trace?: boolean;
}

export function run(scenario: Scenario, options: RunOptions = {}): Result {
  return new World(scenario, options).run();
}

export class World {
  readonly scenario: Scenario;
  readonly policies: Policies;
  readonly tables: TablesTwin;
  readonly coverage = new Coverage();
  readonly watch: Watch;
  readonly observer: Observer;
  readonly limit: LimitTwin | null;
  readonly workers: WorkerTwin[] = [];
  readonly supervisor: SupervisorTwin;
  /** When traffic ends. */
  readonly endMs: number;
  readonly serviceChance: () => number;
  nowMs: number;
  readonly #queue = new EventQueue<() => void>();
  readonly #backends = new Map<string, BackendTwin>();
  readonly #traceLines: string[] | null;
  readonly #lives: number[];
  readonly #deaths = new Map<WorkerTwin, Extract<Fault, { kind: 'worker-death' }>>();
  #steps = 0;
  #ids = 0;
  #digest = 0x811c9dc5;

  constructor(scenario: Scenario, options: RunOptions) {
    this.scenario = scenario;
    this.policies = options.policies ?? REAL;
    this.observer = options.observer ?? {};
    this.nowMs = scenario.startMs;
    this.endMs = scenario.startMs + scenario.durationMs;
    this.serviceChance = createPrng(scenario.seed * 7919 + 2);
    this.tables = layTwin(scenario.workers, scenario.slots, scenario.pools.length);
    this.#traceLines = options.trace === true ? [] : null;
    this.watch = new Watch(this);
    this.limit = scenario.limit === null ? null : new LimitTwin(this, scenario.limit);
    this.supervisor = new SupervisorTwin(this);
    this.#lives = Array.from({ length: scenario.workers }, () => 0);
    for (let row = 0; row < scenario.workers; row++) this.workers.push(new WorkerTwin(this, row, 0));
  }

  run(): Result {
    let failure: Failure | null = null;
    try {
      this.#begin();
      this.#loop();
      this.supervisor.look();
      this.watch.atRest();
    } catch (error) {
      const violation =
        error instanceof Violation ? error : new Violation('nothing-thrown', String((error as Error).stack ?? error));
      failure = {
        invariant: violation.invariant,
        detail: violation.detail,
        atMs: Math.ceil(this.nowMs - this.scenario.startMs),
      };
    }
    if (this.scenario.startMs < WRAP_MS && this.nowMs >= WRAP_MS) this.coverage.hit('clock wrapped');
    const { coverage } = this;
    return { failure, steps: this.#steps, coverage, digest: this.#digest, traceLines: this.#traceLines ?? [] };
  }

  /** Since the start. */
  get atMs(): number {
    return this.nowMs - this.scenario.startMs;
  }

  nextId(): number {
    return ++this.#ids;
  }

  at(atMs: number, run: () => void): void {
    if (atMs < Infinity) this.#queue.put(Math.max(this.nowMs, atMs), run);
  }

  cancellable(atMs: number, run: () => void): () => void {
    let cancelled = false;
    this.at(atMs, () => {
      if (!cancelled) run();
    });
    return () => {
      cancelled = true;
    };
  }

  /** The oldest revision that a worker may still obey. */
  get obeyedRevision(): number {
    let oldest = Infinity;
    for (const worker of this.workers) if (worker.alive) oldest = Math.min(oldest, worker.revision);
    return oldest;
  }

  backend(pool: string, id: string): BackendTwin {
    const name = `${pool}/${id}`;
    let twin = this.#backends.get(name);
    if (twin === undefined) this.#backends.set(name, (twin = new BackendTwin(this.scenario, pool, id)));
    return twin;
  }

  /** A worker dies, as the scenario has it. */
  kill(worker: WorkerTwin): void {
    if (!worker.alive) return;
    const { noticedMs, backMs, locked } = this.#deaths.get(worker)!;
    const { lock } = this.tables.circuits;
    this.coverage.hit('worker deaths');
    if (locked && lock[0] === 0) {
      lock[0] = 1 + worker.row;
      this.coverage.hit('died with the lock');
    }
    if (worker.attempts.size > 0) this.coverage.hit('died with attempts');
    this.watch.workerDies(worker);
    worker.die();
    this.supervisor.unnoticed.add(worker.row);
    this.at(this.nowMs + noticedMs, () => this.supervisor.onExit(worker.row));
    this.at(this.nowMs + noticedMs + backMs, () => this.#restart(worker.row));
  }

  /** What happened, for the digest and, if wanted, for reading. */
  trace(what: string, worker: number, slot: number, detail: number): void {
    let h = this.#digest;
    for (const part of [this.nowMs * 1000, worker, slot, detail, what.charCodeAt(0)])
      h = Math.imul(h ^ (part | 0) ^ (part / 0x1_0000_0000), 0x01000193);
    this.#digest = h;
    this.#traceLines?.push(`${(this.nowMs - this.scenario.startMs).toFixed(4)} ${what} w${worker} s${slot} ${detail}`);
  }

  #begin(): void {
    for (const { strategy } of this.scenario.pools) this.coverage.uses(strategy);
    this.supervisor.start();
    for (const fault of this.scenario.faults) {
      this.supervisor.schedule(fault);
      if (fault.kind === 'worker-death') this.#scheduleDeath(fault);
    }
    scheduleTraffic(this);
  }

  #loop(): void {
    while (this.#queue.nextMs < Infinity) {
      this.#steps += 1;
      if (this.#steps > STEPS_MAX || this.#queue.nextMs > this.endMs + REST_MS)
        throw new Violation('comes-to-rest', `still going on after ${this.#steps} steps`);
      this.nowMs = this.#queue.nextMs;
      this.#queue.take()();
      this.watch.afterStep();
    }
  }

  #scheduleDeath(fault: Extract<Fault, { kind: 'worker-death' }>): void {
    const { worker: row, atMs, inTrial } = fault;
    if (row >= this.scenario.workers) return;
    this.at(this.scenario.startMs + atMs, () => {
      const worker = this.workers[row]!;
      this.#deaths.set(worker, fault);
      if (inTrial) worker.doomed = true;
      else this.kill(worker);
    });
  }

  #restart(row: number): void {
    this.#lives[row]! += 1;
    const worker = new WorkerTwin(this, row, this.#lives[row]!);
    this.workers[row] = worker;
    worker.obey(this.supervisor.plan);
  }
}
