/** A kind of question that can be answered: the words that it is known by, and its answer out of readings and findings. */
import type { Finding, Told } from '#contract/copilot.ts';
import type { SimulatedChange } from '#contract/simulate.ts';
import type { Diagnosis } from './diagnose.ts';
import type { BackendReading, PoolReading, Readings } from './readings.ts';

export interface Asked {
  /** In lower case. */
  readonly question: string;
  readonly readings: Readings;
  readonly diagnoses: readonly Diagnosis[];
  /** What of the configuration it names. The only pool counts as named. */
  readonly pool: PoolReading | null;
  readonly backend: BackendReading | null;
}

export interface Reply {
  readonly texts: readonly Told[];
  readonly findings: readonly Finding[];
  /** What the simulator is to be asked, and what it is to be told where there is none. */
  readonly whatIf?: { readonly pool: string; readonly changes: readonly SimulatedChange[]; readonly without: Told };
}

export interface Topic {
  readonly name: string;
  /** A question of it, as people would put it. */
  readonly example: string;
  /** Each that occurs counts once; the topic with the most is meant. */
  readonly words: readonly RegExp[];
  readonly reply: (asked: Asked) => Reply;
}

/** Findings of these rules, and those that have one of them as a symptom; about `backend` or `pool` only, where one is named. */
export function findingsOf({ diagnoses, pool, backend }: Asked, rules: readonly string[]): Finding[] {
  return diagnoses
    .map(({ finding }) => finding)
    .filter(({ rule, symptoms }) => rules.includes(rule) || symptoms.some((symptom) => rules.includes(symptom.rule)))
    .filter(({ place }) => {
      if (place.pool === undefined || pool === null) return true;
      return (
        place.pool === pool.name && (backend === null || place.backend === undefined || place.backend === backend.id)
      );
    });
}
