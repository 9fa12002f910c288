/** What a rule gives, before it is ranked and what it explains is joined to it; and what a rule is. */
import type { FindingPlace, Recommendation, Severity, Told } from '#contract/copilot.ts';
import type { SimulatedChange } from '#contract/simulate.ts';
import type { Cited } from './cited.ts';
import type { Readings } from './readings.ts';

export interface Draft {
  readonly severity: Severity;
  readonly place: FindingPlace;
  readonly title: Told;
  readonly why: Told;
  readonly evidence: readonly Cited[];
  readonly recommendation: Recommendation | null;
  /** Share of the requests that it touches, 0 to 1, by which findings of one severity are ranked. */
  readonly touches: number;
  /** What the simulator is to be asked; left out: it cannot say anything of it. */
  readonly whatIf?: { readonly pool: string; readonly changes: readonly SimulatedChange[] };
  /** What the cost estimate is to suppose; left out: it costs the same. */
  readonly supposes?: { readonly tasks: number };
}

export interface Rule {
  readonly name: string;
  /** What it looks for, in one line. */
  readonly summary: string;
  /**
   * Rules whose findings this one's bring about, where they are about the same backend, or about the pool that it is in. Those
   * findings become its symptoms.
   */
  readonly explains: readonly string[];
  readonly check: (readings: Readings) => Draft[];
}
