/**
 * What workers say of circuits and panic, as lines of the log with names in them; and the last change of each circuit, for
 * the admin API. Looks several times a second: an operator does not see the difference, and an idle process hardly wakes.
 */
import { CIRCUIT_STATE_NAMES, CircuitState } from '#core/health/circuit.ts';
import { CIRCUIT_CAUSE_NAMES, CircuitCause } from '#core/health/circuits.ts';
import type { Cancel, Log, Timers } from '#core/ports.ts';
import type { Plan } from '#core/plan.ts';
import { EventKind, type Event, type EventRing } from '#memory/event-ring.ts';

const LOOK_MS = 200;

export interface CircuitChange {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly cause: string;
  readonly detail: string;
}

/** A circuit has become something else. */
export interface CircuitNews {
  readonly pool: string;
  readonly backend: string;
  readonly circuit: (typeof CIRCUIT_STATE_NAMES)[number];
  readonly cause: string;
  readonly detail: string;
}

/** Who is told beside the log. */
export interface EventReader {
  circuit(news: CircuitNews): void;
  panic(pool: string, panic: boolean): void;
}

export class EventLog {
  readonly #events: EventRing;
  readonly #timers: Timers;
  readonly #log: Log;
  readonly #plan: () => Plan;
  readonly #reader: EventReader | null;
  readonly #changes = new Map<number, CircuitChange>();
  #cancel: Cancel | null = null;
  #lost = 0;

  constructor(events: EventRing, timers: Timers, log: Log, plan: () => Plan, reader: EventReader | null = null) {
    this.#events = events;
    this.#timers = timers;
    this.#log = log;
    this.#plan = plan;
    this.#reader = reader;
  }

  start(): void {
    this.#cancel = this.#timers.after(LOOK_MS, () => {
      this.look();
      this.start();
    });
  }

  stop(): void {
    this.#cancel?.();
    this.look();
  }

  /** The last change of a slot's circuit; undefined when there was none. */
  lastChange(slot: number): CircuitChange | undefined {
    return this.#changes.get(slot);
  }

  /** A slot was given to another backend. */
  forget(slot: number): void {
    this.#changes.delete(slot);
  }

  /** Takes what has come. */
  look(): void {
    this.#events.take((event) => this.#on(event));
    if (this.#events.lost === this.#lost) return;
    this.#log.warn({ lost: this.#events.lost - this.#lost }, 'more circuits changed at once than could be told of');
    this.#lost = this.#events.lost;
  }

  #on(event: Event): void {
    if (event.kind === EventKind.circuit) this.#onCircuit(event);
    else this.#onPanic(event);
  }

  #onCircuit({ subject: slot, state, cause, failures, attempts }: Event): void {
    const name = this.#nameOf(slot);
    if (name === null) return;
    const to = CIRCUIT_STATE_NAMES[state as CircuitState];
    const detail = detailOf(cause as CircuitCause, failures, attempts);
    const causeName = CIRCUIT_CAUSE_NAMES[cause as CircuitCause];
    const fields = { ...name, circuit: to, cause: causeName, failures, attempts };
    const who = `circuit of ${name.pool}/${name.backend}`;
    if (cause === CircuitCause.last || cause === CircuitCause.maxOpen) {
      this.#log.warn(fields, `${who} stays closed: ${detail}`);
      return;
    }
    this.#changes.set(slot, { at: this.#timers.wallMs(), cause: causeName, detail });
    this.#reader?.circuit({ ...name, circuit: to, cause: causeName, detail });
    const line = `${who} is ${to}: ${detail}`;
    if (state === CircuitState.open) this.#log.warn(fields, line);
    else this.#log.info(fields, line);
  }

  #onPanic({ subject: row, state }: Event): void {
    const pool = this.#plan().pools.find((one) => one.row === row)?.name;
    if (pool === undefined) return;
    this.#reader?.panic(pool, state === 1);
    if (state === 1)
      this.#log.warn(
        { pool, panic: true },
        `pool ${pool} panics: too few backends are eligible, so circuits do not count`,
      );
    else this.#log.info({ pool, panic: false }, `pool ${pool} panics no more: enough backends are eligible`);
  }

  #nameOf(slot: number): { pool: string; backend: string } | null {
    for (const pool of this.#plan().pools)
      for (const backend of pool.backends) if (backend.slot === slot) return { pool: pool.name, backend: backend.id };
    return null;
  }
}

function detailOf(cause: CircuitCause, failures: number, attempts: number): string {
  switch (cause) {
    case CircuitCause.streak:
      return `${failures} failures in a row`;
    case CircuitCause.ratio:
      return `${failures} of ${attempts} requests in the window failed`;
    case CircuitCause.outlier:
      return `${failures} of ${attempts} requests in the window failed, far more than at the pool's other backends`;
    case CircuitCause.elsewhere:
      return failures === 1
        ? 'a request failed, as at other replicas'
        : `${failures} failures in a row, as at other replicas`;
    case CircuitCause.due:
      return 'its time is over, a trial goes through';
    case CircuitCause.recovered:
      return attempts === 1 ? 'the trial succeeded' : `${attempts} trials succeeded`;
    case CircuitCause.trialFailed:
      return 'the trial failed';
    case CircuitCause.trialLost:
      return 'the last trial was not heard of again, another goes through';
    case CircuitCause.last:
      return `${failures} failures in a row, but no other backend of the pool is eligible`;
    case CircuitCause.maxOpen:
      return `${failures} failures in a row, but as many circuits of the pool are open as \`maxOpen\` allows`;
  }
}
