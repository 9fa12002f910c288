/** What the admin API may ask of the supervisor. */
import type { OverviewAnswer } from '#contract/admin.ts';
import type { Observed } from '#observe/observed.ts';
import type { ProcessFacts } from '#observe/prometheus.ts';

export interface AdminView {
  readonly observed: () => Observed;
  readonly overview: () => OverviewAnswer;
  readonly processFacts: () => ProcessFacts;
  /** Null when requests are welcome; else why not, in a word or two. */
  readonly unready: () => string | null;
}
