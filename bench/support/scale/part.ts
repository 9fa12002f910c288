import type { Goal } from '../goals.ts';
import type { Sample } from '../slice.ts';

/** One part of the benchmark of scale, measured. */
export interface Part {
  readonly text: string;
  /** All slices of load, for what is said of disturbances. */
  readonly samples: readonly Sample[];
  readonly goals: readonly Goal[];
  readonly missing: readonly string[];
}

export interface ScaleFlags {
  readonly rounds: number;
  /** Seconds. */
  readonly slice: number;
  readonly warmup: number;
  /** Of a disturbed slice, at most. */
  readonly repeats: number;
  /** Idle connections. */
  readonly connections: number;
  readonly wants: (id: string) => boolean;
}
