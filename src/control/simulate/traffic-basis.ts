/** What a pool's traffic is known to be like, and from what: the recording of the last minutes, or counts since the start. */
import type { BackendShape, TrafficShape } from '#contract/simulate.ts';

export interface TrafficBasis {
  /** Empty: nothing came. */
  readonly ratesPerSecond: readonly number[];
  readonly burstiness: number;
  /** Null: not known. */
  readonly keys: TrafficShape['keys'] | null;
  /** Null: no attempt at a backend has ended. */
  readonly backends: readonly BackendShape[] | null;
  /** A sentence for each part. */
  readonly from: { readonly rates: string; readonly service: string; readonly failures: string };
  /** What it cannot know. `concurrency`: empty when it is known of every backend. */
  readonly limits: {
    readonly service: readonly string[];
    readonly concurrency: string;
    readonly rates: readonly string[];
  };
}
