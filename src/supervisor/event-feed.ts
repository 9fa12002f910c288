/** Tells the event stream (control/events) what the supervisor notices, with names in place of rows, and texts of bounded length. */
import type { BackendState } from '#contract/admin.ts';
import type { WorkerEvent } from '#contract/events.ts';
import type { EventHub } from '#control/events/event-hub.ts';
import type { Revision } from '#control/live/revision.ts';
import { HEALTH_STATE_NAMES, type HealthState } from '#core/health-state.ts';
import type { Plan } from '#core/plan.ts';
import type { Transition } from '#probes/prober.ts';
import type { SlotTable } from '#memory/slots.ts';
import type { CircuitNews } from './event-log.ts';

/** Texts come from backends, files and stack traces; the log has all of them. */
const TEXT_LENGTH_MAX = 400;
/** Nobody mends more than this before looking again. */
const PROBLEMS_MAX = 20;

export class EventFeed {
  readonly #hub: EventHub;

  constructor(hub: EventHub) {
    this.#hub = hub;
  }

  /** Probes have changed a backend's state. */
  transition({ pool, backend, from, to, reason }: Transition): void {
    this.#health(pool, backend, HEALTH_STATE_NAMES[from], HEALTH_STATE_NAMES[to], reason);
  }

  /** The name of a backend that has no probes leads nowhere now, or somewhere again. */
  named(plan: Plan, slot: number, up: boolean, detail: string): void {
    for (const pool of plan.pools) {
      const backend = pool.backends.find((one) => one.slot === slot);
      if (backend === undefined) continue;
      const [from, to] = up ? (['unhealthy', 'healthy'] as const) : (['healthy', 'unhealthy'] as const);
      this.#health(pool.name, backend.id, from, to, detail);
    }
  }

  /** A plan replaces another; what it sets by hand is told. Health as it is in `slots`. */
  planned(before: Plan, next: Plan, slots: SlotTable): void {
    const shown = (state: Plan['pools'][number]['backends'][number]['state'], slot: number): BackendState =>
      state === 'active' ? HEALTH_STATE_NAMES[slots.health[slot] as HealthState] : state;
    const old = new Map(before.pools.flatMap(({ backends }) => backends.map((one) => [one.slot, one] as const)));
    for (const { name, backends } of next.pools) {
      for (const { id, url, slot, state } of backends) {
        const was = old.get(slot);
        if (was === undefined || was.id !== id || was.url !== url || was.state === state) continue;
        this.#health(name, id, shown(was.state, slot), shown(state, slot), 'set in the configuration');
      }
    }
  }

  circuit({ pool, backend, circuit, cause, detail }: CircuitNews): void {
    this.#hub.publish('circuit', { pool, backend, circuit, cause, detail });
  }

  panic(pool: string, panic: boolean): void {
    this.#hub.publish('panic', { pool, panic });
  }

  config({ revision, by, source, summary }: Revision): void {
    this.#hub.publish('config', { revision, by, source, summary: cut(summary) });
  }

  worker(worker: number, state: WorkerEvent['state'], reason = ''): void {
    const [line = ''] = reason.split('\n', 1);
    this.#hub.publish('worker', { worker, state, reason: cut(line) });
  }

  /** `revision` stays in force. */
  refused(revision: number, problems: readonly string[]): void {
    const told = problems.slice(0, PROBLEMS_MAX).map(cut);
    const more = problems.length - told.length;
    this.#hub.publish('reload', { revision, problems: more > 0 ? [...told, `and ${more} more`] : told });
  }

  /** The last event of every stream. */
  drain(graceMs: number): void {
    this.#hub.publish('drain', { graceMs });
    this.#hub.close();
  }

  #health(pool: string, backend: string, from: BackendState, to: BackendState, reason: string): void {
    this.#hub.publish('health', { pool, backend, from, to, reason: cut(reason) });
  }
}

function cut(text: string): string {
  return text.length <= TEXT_LENGTH_MAX ? text : `${text.slice(0, TEXT_LENGTH_MAX - 1)}…`;
}
