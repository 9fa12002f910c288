/** What this replica tells the others of itself, and what it makes of what they tell: hints at backends that fail. */
import { OUT_MAX, type OutEntry, type ReplicaReport } from '#contract/replicas.ts';
import type { TakeFigures } from '#control/events/event-hub.ts';
import type { Other } from '#control/shared/replica-board.ts';
import { CIRCUIT_STATE_NAMES, CircuitState } from '#core/health/circuit.ts';
import { CIRCUIT_CAUSE_NAMES, CircuitCause } from '#core/health/circuits.ts';
import type { BackendPlan, Plan } from '#core/plan.ts';
import { circuitOf, isServing, stateName } from '#observe/backends-report.ts';
import { userPools } from '#observe/observed.ts';
import type { Tables } from '#memory/tables.ts';
import type { Facts } from './admin-facts.ts';

const FROM_OTHERS = CIRCUIT_CAUSE_NAMES[CircuitCause.elsewhere];
/** Figures of less than this are those of chance. */
const FIGURES_MS_MIN = 500;

/** Reports of this replica, one after the other: their rates are of the time since the one before. */
export class ReplicaFacts {
  readonly #name: string;
  readonly #facts: () => Facts;
  readonly #take: TakeFigures;
  #figures: ReplicaReport['figures'] | null = null;
  #takenAtMs: number;

  /** `take`: the figures since it was last called, or since now. */
  constructor(name: string, facts: () => Facts, take: TakeFigures) {
    this.#name = name;
    this.#facts = facts;
    this.#take = take;
    this.#takenAtMs = facts().nowMs;
  }

  report(): ReplicaReport {
    const facts = this.#facts();
    const { plan, draining, version, startedAtMs, workers, shared } = facts;
    const out = outOf(facts);
    return {
      name: this.#name,
      version,
      startedAt: new Date(startedAtMs).toISOString(),
      draining,
      revision: plan.revision,
      configVersion: shared?.version ?? 0,
      workers: workers.filter(({ state }) => state === 'listening').length,
      figures: this.#figuresAt(facts.nowMs),
      out: out.slice(0, OUT_MAX),
      outMore: Math.max(0, out.length - OUT_MAX),
    };
  }

  /** The circuits that it has opened itself: the others should hear of them soon. */
  open(): string {
    const facts = this.#facts();
    const slots: number[] = [];
    for (const { backends } of facts.plan.pools)
      for (const { slot } of backends)
        if (circuitOf(facts.tables, slot) === CircuitState.open && isSeen(facts, slot)) slots.push(slot);
    return slots.join();
  }

  #figuresAt(nowMs: number): ReplicaReport['figures'] {
    const sinceMs = nowMs - this.#takenAtMs;
    if (this.#figures !== null && sinceMs < FIGURES_MS_MIN) return this.#figures;
    const seconds = Math.max(1, sinceMs) / 1000;
    this.#takenAtMs = nowMs;
    return (this.#figures = { ...this.#take(seconds), seconds });
  }
}

function outOf(facts: Facts): OutEntry[] {
  return userPools(facts.plan).flatMap(({ name, backends }) =>
    backends
      .filter((backend) => isOut(facts, backend))
      .map(({ id, url, slot }) => ({
        pool: name,
        backend: id,
        url,
        state: stateName(facts.tables, slot),
        circuit: CIRCUIT_STATE_NAMES[circuitOf(facts.tables, slot)],
        seen: isSeen(facts, slot),
      })),
  );
}

function isOut({ tables }: Facts, { slot }: BackendPlan): boolean {
  return !isServing(tables, slot) || circuitOf(tables, slot) !== CircuitState.closed;
}

/** A circuit that was opened on a hint is none: rumours would keep each other alive. */
function isSeen({ circuitChange }: Facts, slot: number): boolean {
  return circuitChange(slot)?.cause !== FROM_OTHERS;
}

/**
 * Takes down, for each backend, how many others have its circuit open. A backend is the same when its pool has the same name
 * and its URL is the same. Returns how many backends are hinted at.
 */
export function takeHints(others: readonly Other[], plan: Plan, { circuits }: Pick<Tables, 'circuits'>): number {
  const open = new Map<string, number>();
  for (const { report } of others)
    for (const { pool, url, circuit, seen } of report.out)
      if (circuit === 'open' && seen) open.set(`${pool}\0${url}`, (open.get(`${pool}\0${url}`) ?? 0) + 1);
  let hinted = 0;
  for (const { name, backends } of plan.pools)
    for (const { url, slot } of backends) {
      const replicas = open.size === 0 ? 0 : (open.get(`${name}\0${url}`) ?? 0);
      if (circuits.elsewhere[slot] !== replicas) Atomics.store(circuits.elsewhere, slot, replicas);
      if (replicas > 0) hinted += 1;
    }
  return hinted;
}
