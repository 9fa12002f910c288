/** What the admin API may ask of the supervisor. */
import type { OverviewAnswer } from '#contract/admin.ts';
import type { SocketAddress } from '#core/plan.ts';
import type { Observed } from '#observe/observed.ts';
import type { ProcessFacts } from '#observe/prometheus.ts';

export interface AdminView {
  readonly observed: () => Observed;
  /** How what runs differs from the file is the configuration's to say. */
  readonly overview: () => Omit<OverviewAnswer, 'drift'>;
  readonly processFacts: () => ProcessFacts;
  /** Null when requests are welcome; else why not, in a word or two. */
  readonly unready: () => string | null;
  /** Where this process listens: its listeners and the admin API itself, as they are bound. */
  readonly ownAddresses: () => readonly SocketAddress[];
  /** CIDRs whose X-Forwarded-For is believed, of all listeners. The same list as long as the plan is the same. */
  readonly trustedProxies: () => readonly string[];
}
