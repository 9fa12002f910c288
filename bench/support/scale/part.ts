import type { Goal } from '../goals.ts';

/** One part of the benchmark of scale, measured. */
export interface Part {
  readonly text: string;
  readonly goals: readonly Goal[];
  readonly missing: readonly string[];
}

export interface ScaleFlags {
  readonly rounds: number;
  /** Seconds. */
  readonly slice: number;
  readonly warmup: number;
  /** Idle connections. */
  readonly connections: number;
  readonly wants: (id: string) => boolean;
}
