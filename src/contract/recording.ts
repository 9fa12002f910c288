/**
 * What was recorded of a pool's traffic in the last minutes: sketches, no request, key or address of anybody. Times are
 * milliseconds. `GET /admin/recording` gives a file of it that `edgebalancer simulate --from` takes.
 */
import type { OUTCOME_NAMES } from '#core/outcome.ts';
import type { SimulationModel } from './simulate.ts';

/** Good answers of attempts that began while `inFlight` others were at the backend (the mean of a range, above 23). */
export interface LoadLevel {
  readonly inFlight: number;
  readonly attempts: number;
  readonly meanMs: number;
  readonly varianceMs2: number;
}

/** How long good answers took that began with `from` to `to` others (null: no end) at the backend. */
export interface LoadTimes {
  readonly from: number;
  readonly to: number | null;
  /** The shortest time that a cell counts, up to that of the next, about 6 % more; and how many. Empty cells are left out. */
  readonly cells: readonly (readonly [floorMs: number, ceilingMs: number, attempts: number])[];
}

export interface RecordedOutcome {
  readonly outcome: (typeof OUTCOME_NAMES)[number];
  readonly attempts: number;
  readonly meanMs: number;
}

export interface BackendRecording {
  readonly id: string;
  readonly levels: readonly LoadLevel[];
  readonly times: readonly LoadTimes[];
  readonly outcomes: readonly RecordedOutcome[];
}

export interface PoolRecording {
  readonly pool: string;
  /** Requests in steps of `stepMs`, the oldest first, from the first one on. */
  readonly arrivals: { readonly stepMs: number; readonly counts: readonly number[] };
  /** Requests by their key's hash in so many cells; null: nothing hashes. */
  readonly keys: { readonly cells: number; readonly counts: readonly number[] } | null;
  /** Bytes with their heads, of requests and answers, since the process started: `[less than, how many]`. */
  readonly sizes: { readonly requests: readonly SizeCount[]; readonly answers: readonly SizeCount[] };
  readonly backends: readonly BackendRecording[];
}

export type SizeCount = readonly [below: number, count: number];

/** `GET /admin/recording` */
export interface RecordingAnswer {
  readonly version: 1;
  readonly kind: 'recording';
  /** When, in RFC 3339. */
  readonly at: string;
  readonly pools: readonly PoolRecording[];
  /** Made from the pools of which enough was recorded: what a simulation runs. */
  readonly models: readonly SimulationModel[];
}
