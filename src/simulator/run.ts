/**
 * One what-if run: a model, a seed, a virtual clock. Requests come whether or not earlier ones were answered (open loop), and go
 * through the code that serves live traffic (policies.ts); here is only what happens between: time passes, backends work, attempts
 * end. What an exchange does then is in exchange-course.ts.
 *
 * Nothing is allocated for a request: rows of tables are used again (live-table.ts).
 */
import type { SimulationModel } from '#contract/simulate.ts';
import { CircuitState } from '#core/health/circuit.ts';
import { isFailure, OUTCOME_NAMES, Outcome } from '#core/outcome.ts';
import { mix32 } from '#core/math/hash.ts';
import { Arrivals } from './arrivals.ts';
import { EventHeap } from './event-heap.ts';
import { InverseTimes } from './inverse-times.ts';
import { AttemptTable, ExchangeTable, Taken } from './live-table.ts';
import { OutageTwin, type OutageStep } from './outage-twin.ts';
import { createPolicies, SLOT_OFFSET, type Policies, type WorkerSide } from './policies.ts';
import { Servers } from './servers.ts';
import { Tally } from './tally.ts';
import { TryTimeouts } from './try-timeouts.ts';

/** Kinds of events; the number that each is of lies above. */
export const EventKind = { work: 0, failure: 1, retry: 2, hedge: 3, refresh: 4, outage: 5, line: 6 } as const;
const KIND_BITS = 3;
const KIND_MASK = (1 << KIND_BITS) - 1;

/** More requests at one time than any process bears: the rest is refused, and the run says so. */
const EXCHANGES_MAX = 1 << 20;
/** An error that comes without an answer's work takes no time at all, but must come after its beginning. */
const SOON_MS = 0.001;

interface Failing {
  /** Upper bounds of fates, ascending, and what becomes of the attempt below each. */
  readonly bounds: Float64Array;
  readonly outcomes: Uint8Array;
  /** NaN: when the work is done. */
  readonly afterMs: Float64Array;
}

/** What an exchange does when something has happened to it. */
export interface Course {
  begin(exchange: number, nowMs: number): void;
  attemptEnded(exchange: number, attempt: number, outcome: Outcome, nowMs: number): void;
  retryDue(exchange: number, nowMs: number): void;
  hedgeDue(exchange: number, nowMs: number): void;
  serveLines(worker: number, nowMs: number): void;
}

export class Run {
  readonly model: SimulationModel;
  readonly tally: Tally;
  readonly policies: Policies;
  readonly exchanges: ExchangeTable = new ExchangeTable();
  readonly attempts: AttemptTable = new AttemptTable();
  readonly servers: readonly Servers[];
  /** More came than `EXCHANGES_MAX`. */
  flooded = false;
  nowMs = 0;
  /** How many have come. */
  requests = 0;
  readonly #seed: number;
  readonly #agenda = new EventHeap();
  readonly #arrivals: Arrivals;
  readonly #untilMs: number;
  readonly #times: readonly InverseTimes[];
  readonly #failing: readonly (Failing | null)[];
  readonly #outages: OutageTwin;
  readonly #timeouts: TryTimeouts;
  readonly #taken = new Taken();
  readonly #drawsAnew: boolean;
  readonly #repeatableShare: number;
  #course!: Course;

  constructor(model: SimulationModel, seed: number, warmUpMs: number, countedMs: number) {
    const { pool, traffic, outages } = model;
    this.model = model;
    this.#seed = seed;
    this.#untilMs = warmUpMs + countedMs;
    this.tally = new Tally(pool.backends.length, warmUpMs, this.#untilMs);
    this.policies = createPolicies(pool, seed, ({ state }) => {
      if (state === CircuitState.open && this.tally.counts(this.nowMs)) this.tally.opens++;
    });
    this.#arrivals = new Arrivals(traffic, seed, this.#untilMs, this.policies.keyed);
    const shapes = pool.backends.map(({ id }) => traffic.backends.find((shape) => shape.id === id)!);
    this.servers = shapes.map(({ concurrency }) => new Servers(concurrency, warmUpMs, this.#untilMs));
    this.#times = shapes.map(({ service }) => new InverseTimes(service));
    this.#failing = shapes.map(({ failures }) => failingOf(failures));
    this.#drawsAnew = traffic.slownessOf === 'backend';
    this.#repeatableShare = traffic.repeatable;
    this.#timeouts = new TryTimeouts(pool.tryTimeoutMs, this.attempts);
    this.#outages = new OutageTwin(pool, outages, this.policies.slots);
    this.#outages.plan((step, atMs) => this.put(atMs, EventKind.outage, step));
    if (this.policies.refreshMs > 0) this.#planRefreshes();
  }

  /** Runs until every exchange has ended. */
  go(course: Course): Tally {
    this.#course = course;
    const agenda = this.#agenda;
    const arrivals = this.#arrivals;
    const timeouts = this.#timeouts;
    for (;;) {
      const eventMs = agenda.nextMs;
      const comesMs = arrivals.nextMs;
      const lateMs = timeouts.nextMs;
      if (comesMs < eventMs && comesMs < lateMs) this.#arrive(comesMs);
      else if (eventMs <= lateMs) {
        if (eventMs === Infinity) break;
        this.nowMs = eventMs;
        this.#handle(agenda.take(), eventMs);
      } else {
        this.nowMs = lateMs;
        const late = timeouts.take();
        if (late >= 0) this.endAttempt(late, Outcome.timeout, lateMs);
      }
    }
    return this.tally;
  }

  put(atMs: number, kind: number, number: number): void {
    this.#agenda.put(atMs, (number << KIND_BITS) | kind);
  }

  workerOf(exchange: number): WorkerSide {
    return this.policies.workers[this.exchanges.worker[exchange] as number] as WorkerSide;
  }

  /** An attempt of an exchange begins at the slot that `worker.selector` has just taken. Returns it. */
  startAttempt(exchange: number, worker: WorkerSide, slot: number, hedge: boolean, nowMs: number): number {
    const { attempts, exchanges } = this;
    const { selector } = worker;
    const attempt = attempts.take();
    attempts.startedMs[attempt] = nowMs;
    attempts.slot[attempt] = slot;
    attempts.worker[attempt] = exchanges.worker[exchange] as number;
    attempts.exchange[attempt] = exchange;
    attempts.inFlightBefore[attempt] = selector.inFlightBefore;
    attempts.permit[attempt] = selector.permit;
    attempts.trial[attempt] = selector.trial ? 1 : 0;
    attempts.hedge[attempt] = hedge ? 1 : 0;
    attempts.ended[attempt] = 0;
    worker.inFlight += 1;
    this.#send(exchange, attempt, slot - SLOT_OFFSET, nowMs);
    exchanges.tries[exchange]!++;
    return attempt;
  }

  /** Tells everybody that an attempt is over. Its backend may still work on it. */
  endAttempt(attempt: number, outcome: Outcome, nowMs: number): void {
    const { attempts } = this;
    const worker = attempts.worker[attempt] as number;
    const side = this.policies.workers[worker] as WorkerSide;
    const startedMs = attempts.startedMs[attempt] as number;
    const taken = this.#taken.of(attempts, attempt);
    attempts.ended[attempt] = 1;
    side.limit?.settle(nowMs - startedMs, side.inFlight, outcome, nowMs);
    side.inFlight -= 1;
    side.selector.settle(taken, nowMs - startedMs, outcome, nowMs);
    this.tally.attempt(taken.slot - SLOT_OFFSET, startedMs, nowMs, isFailure(outcome));
    const exchange = attempts.exchange[attempt] as number;
    attempts.exchange[attempt] = -1;
    if (exchange >= 0) this.#course.attemptEnded(exchange, attempt, outcome, nowMs);
    this.#course.serveLines(worker, nowMs);
  }

  #arrive(nowMs: number): void {
    this.nowMs = nowMs;
    const { exchanges, tally } = this;
    const arrivals = this.#arrivals;
    arrivals.take();
    const number = this.requests++;
    if (tally.counts(nowMs)) tally.requests++;
    if (exchanges.live >= EXCHANGES_MAX) {
      this.flooded = true;
      tally.fail(nowMs, true);
      return;
    }
    const exchange = exchanges.take();
    exchanges.arrivedMs[exchange] = nowMs;
    exchanges.work[exchange] = arrivals.work;
    exchanges.fate[exchange] = arrivals.fate;
    exchanges.key[exchange] = arrivals.key;
    exchanges.number[exchange] = number;
    exchanges.worker[exchange] = number % this.policies.workers.length;
    exchanges.repeatable[exchange] = arrivals.character < this.#repeatableShare ? 1 : 0;
    this.#course.begin(exchange, nowMs);
  }

  #handle(event: number, nowMs: number): void {
    const number = event >> KIND_BITS;
    switch (event & KIND_MASK) {
      case EventKind.work:
        this.#workDone(number, nowMs);
        return;
      case EventKind.failure:
        this.endAttempt(number, this.attempts.outcome[number] as Outcome, nowMs);
        this.attempts.give(number);
        return;
      case EventKind.retry:
        this.#course.retryDue(number, nowMs);
        return;
      case EventKind.hedge:
        this.#course.hedgeDue(number, nowMs);
        return;
      case EventKind.refresh:
        (this.policies.workers[number] as WorkerSide).refresh?.(nowMs);
        // What goes on when nobody comes any more learns as before.
        if (nowMs < this.#untilMs || this.exchanges.live > 0)
          this.put(nowMs + this.policies.refreshMs, EventKind.refresh, number);
        return;
      case EventKind.line:
        this.#course.serveLines(number, nowMs);
        return;
      default:
        this.#outages.step(number as OutageStep, nowMs);
    }
  }

  /** The backend has done with an attempt, and begins the next one that waits there. */
  #workDone(attempt: number, nowMs: number): void {
    const { attempts } = this;
    const server = this.servers[(attempts.slot[attempt] as number) - SLOT_OFFSET] as Servers;
    const next = server.release(nowMs);
    if (next >= 0) this.put(server.doneMs, EventKind.work, next);
    if (attempts.ended[attempt] === 0) this.endAttempt(attempt, attempts.outcome[attempt] as Outcome, nowMs);
    attempts.give(attempt);
  }

  #send(exchange: number, attempt: number, position: number, nowMs: number): void {
    const { attempts, exchanges } = this;
    const tries = exchanges.tries[exchange] as number;
    let work = exchanges.work[exchange] as number;
    let fate = exchanges.fate[exchange] as number;
    if (tries > 0) {
      const chance = mix32((exchanges.number[exchange] as number) * TRIES_STRIDE + tries + this.#seed * SEED_STRIDE);
      if (this.#drawsAnew) work = chance / WORDS;
      fate = mix32(chance ^ FATE_MIX) / WORDS;
    }
    attempts.outcome[attempt] = Outcome.success;
    if (this.#outages.isOut(position)) {
      attempts.outcome[attempt] = Outcome.connectFailure;
      this.put(nowMs + SOON_MS, EventKind.failure, attempt);
      return;
    }
    const failing = this.#failing[position];
    if (failing !== null && failing !== undefined && fate < (failing.bounds.at(-1) as number)) {
      let at = 0;
      while (fate >= (failing.bounds[at] as number)) at++;
      attempts.outcome[attempt] = failing.outcomes[at] as Outcome;
      const afterMs = failing.afterMs[at] as number;
      if (!Number.isNaN(afterMs)) {
        this.put(nowMs + Math.max(SOON_MS, afterMs), EventKind.failure, attempt);
        return;
      }
    }
    const workMs = (this.#times[position] as InverseTimes).at(work);
    const doneMs = (this.servers[position] as Servers).accept(attempt, workMs, nowMs);
    if (doneMs < Infinity) this.put(doneMs, EventKind.work, attempt);
    this.#timeouts.watch(attempt, nowMs, doneMs);
  }

  #planRefreshes(): void {
    const { workers, refreshMs } = this.policies;
    for (let worker = 0; worker < workers.length; worker++)
      this.put((refreshMs * (worker + 1)) / workers.length, EventKind.refresh, worker);
  }
}

const WORDS = 0x1_0000_0000;
/** An exchange makes fewer attempts. */
const TRIES_STRIDE = 64;
const SEED_STRIDE = 0x9e3779b1;
const FATE_MIX = 0x5bd1e995;

function failingOf(failures: SimulationModel['traffic']['backends'][number]['failures']): Failing | null {
  if (failures.length === 0) return null;
  let sum = 0;
  return {
    bounds: Float64Array.from(failures, ({ share }) => (sum += share)),
    outcomes: Uint8Array.from(failures, ({ outcome }) => OUTCOME_NAMES.indexOf(outcome)),
    afterMs: Float64Array.from(failures, ({ afterMs }) => afterMs ?? NaN),
  };
}
