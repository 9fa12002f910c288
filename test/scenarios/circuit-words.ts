/** Words of circuits as a reader sees them, and the times that plans give them. */
import * as circuit from '#core/health/circuit.ts';
import { CircuitState } from '#core/health/circuit.ts';
import type { CircuitPlan } from '#core/plan-failures.ts';

/** An open time is this share of what is planned, at least. */
const LEAST_SHARE = 0.9;

export function describe(word: number): string {
  const state = circuit.CIRCUIT_STATE_NAMES[circuit.stateOf(word)] as string | undefined;
  const counts =
    circuit.stateOf(word) === CircuitState.halfOpen
      ? `${circuit.trialsOf(word)} trials ${circuit.goodOf(word)} good`
      : `streak ${circuit.streakOf(word)}`;
  return `${state ?? `state ${word & 3}`} generation ${circuit.generationOf(word)} level ${circuit.levelOf(word)} ${counts}`;
}

export function plannedMs(word: number, plan: CircuitPlan): number {
  return Math.min(plan.maxOpenForMs, plan.openForMs * 2 ** Math.max(0, circuit.levelOf(word) - 1));
}

export function openMsLeast(word: number, plan: CircuitPlan): number {
  return plannedMs(word, plan) * LEAST_SHARE;
}
