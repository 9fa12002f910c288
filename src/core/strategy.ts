/**
 * The strategy plug. The engine works out which slots are eligible and owns membership, in-flight counts and retries; a
 * strategy only ranks. It never sees addresses, sockets, header fields or health. It declares its parameters and the
 * memory it needs as data, so it cannot know whether that memory is shared: a live worker hands it shared memory, a
 * process clock and a fast generator, the simulator plain memory, a virtual clock and a seeded one.
 *
 * Adding a strategy is one file in `strategies/` and one line in its `index.ts`.
 */
import type { Outcome } from './outcome.ts';

/** A parameter of a strategy, as data: configuration schema, help, forms and the simulator's choices follow from it. */
export type ParamSpec =
  | {
      readonly name: string;
      readonly type: 'number';
      readonly summary: string;
      readonly default: number;
      readonly min: number;
      readonly max: number;
      readonly integer: boolean;
    }
  | { readonly name: string; readonly type: 'boolean'; readonly summary: string; readonly default: boolean }
  | {
      readonly name: string;
      readonly type: 'choice';
      readonly summary: string;
      readonly default: string;
      readonly choices: readonly string[];
    };
export type ParamValues = Readonly<Record<string, number | string | boolean>>;

/**
 * Memory that a strategy asks for; every cell starts at 0.
 * - `row`: one f64 per slot for each worker. A worker writes its own row alone and may read all of them.
 * - `word`: one i32 per pool, shared by all workers, changed with Atomics only.
 */
export interface MemorySpec {
  readonly rows: readonly string[];
  readonly words: readonly string[];
}

/** What a strategy is handed when a pool starts to use it. Arrays are indexed by slot number. */
export interface StrategyEnv {
  readonly params: ParamValues;
  /** Requests in flight per slot, all workers together. Read only. */
  readonly inFlight: Int32Array;
  /** Effective weight per slot, > 0 for every candidate; ramps during slow start. Read only. */
  readonly weight: Float64Array;
  /** rows[name][worker][slot]: the declared rows. Write only `rows[name][worker]`. */
  readonly rows: Readonly<Record<string, readonly Float64Array[]>>;
  /** words[name][0]: the declared words. */
  readonly words: Readonly<Record<string, Int32Array>>;
  /** Which row is this worker's own. */
  readonly worker: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** A stable name for hashing, `host:port` where there is one. May be asked only in `update`. */
  readonly nameOf: (slot: number) => string;
}

/**
 * What a pick is made from, beside weights, requests in flight and numbers drawn: by position among the candidates of the last
 * `update`. With these a record of a pick can be read, and the pick be made again (strategies/replay.ts).
 */
export interface PickView {
  /** As `Explains.score` says; NaN: it has none, or is not looked at. */
  readonly score: Float64Array;
  /** inputs[i][position]: `Explains.inputs`. */
  readonly inputs: readonly Float64Array[];
  /** `Explains.state`. */
  readonly state: Float64Array;
}

/** How records of a strategy's picks read. */
export interface Explains {
  /** What a score is, in a few words. */
  readonly score: string;
  /** Which score is taken; `chance`: a draw decides, and the score is each one's share of it. */
  readonly wins: 'least' | 'chance';
  /** Names of the numbers that it knows of each candidate, and of those that are its own; EXPLAINED_MAX of each at most. */
  readonly inputs: readonly string[];
  readonly state: readonly string[];
}
/** More numbers say nothing to a reader, and records have to be bounded. */
export const EXPLAINED_MAX = 8;

export interface Strategy {
  /** Slots that the last pick drew and compared, of a strategy that draws before it compares. */
  readonly compared?: Int32Array;
  /**
   * The candidates changed: `slots[0..count)` are eligible now, in configuration order; weights may have changed too.
   * Called before the first pick and after every change, never between a pick and its `begin`. May allocate.
   */
  update(slots: Int32Array, count: number, nowMs: number): void;
  /**
   * The best of the candidates of the last `update`. `key` is the request's hash (u32), 0 unless `needsKey`. Never called
   * with no candidates. Allocates nothing.
   */
  pick(key: number, nowMs: number): number;
  /**
   * The best of a subset, when the first choice was full or already tried: `slots[0..count)`, count >= 1, all among the
   * candidates. Rare, but must be right.
   */
  pickAmong(slots: Int32Array, count: number, key: number, nowMs: number): number;
  /** An attempt begins at `slot`; `inFlightBefore` was in flight there just before, all workers together. */
  begin?(slot: number, inFlightBefore: number, nowMs: number): void;
  /** The answer's head has come, `elapsedMs` after the pick; its end, and `settle` with it, may be hours away (a stream, a tunnel). */
  heard?(slot: number, elapsedMs: number, nowMs: number): void;
  /** An attempt ended. `inFlightBefore` is what `begin` was told; `elapsedMs` runs from pick to the answer's last byte, of a tunnel to its head. */
  settle?(slot: number, inFlightBefore: number, elapsedMs: number, outcome: Outcome, nowMs: number): void;
  /** Called about every `refreshMs` on each worker. */
  refresh?(nowMs: number): void;
  /**
   * What a pick that came now would be made from: fills `into` for `slots[0..count)`, all candidates. Changes nothing.
   * Every strategy of the list has it; twins in tests need not.
   */
  explain?(slots: Int32Array, count: number, key: number, nowMs: number, into: PickView): void;
  /**
   * Takes back what `explain` gave, so that the next pick is the one it told of. Only for a strategy that was made for this,
   * after its first `update`; weights, requests in flight and draws are its environment's.
   */
  restore?(slots: Int32Array, count: number, from: PickView): void;
}

export interface StrategyDefinition {
  readonly name: string;
  /** One line: what it does. */
  readonly summary: string;
  /** One line: when an operator should choose it. */
  readonly bestWhen: string;
  readonly params: readonly ParamSpec[];
  readonly memory: MemorySpec;
  readonly explains: Explains;
  /** Which hash of the request's key `pick` wants; null: none. */
  readonly key: null | 'murmur3' | 'crc32';
  /** Whether weights mean something to it. */
  readonly weighted: boolean;
  /** How often `refresh` is called, in milliseconds; 0: never. */
  readonly refreshMs: number;
  create(env: StrategyEnv): Strategy;
}
