/**
 * Gives rows of a fixed table to names, and keeps them: a name has the same row in every plan that holds it. A row whose
 * name is gone rests, and is given to another name only when no fresh row is left, every worker has left the plans that
 * named it, and nothing uses it any more. A name that comes back before that gets its old row.
 *
 * A plan is compiled against a draft; nothing changes until `commit`, so a plan that is refused leaves no trace.
 */
import { OperatorError } from './operator-error.ts';

interface Resting {
  readonly row: number;
  /** The first edition that no longer names it. */
  readonly since: number;
}

export interface RowOptions {
  /** The first row that is given out; those before it are reserved. */
  readonly first: number;
  /** Rows in the table, reserved ones included. */
  readonly capacity: number;
  /** What the rows are, for the sentence that says there are too many: 'backends'. */
  readonly what: string;
  /** Whether nothing uses a resting row any more. */
  readonly isIdle: (row: number) => boolean;
  /** The row is about to be given to another name: forget what it held. */
  readonly onReuse: (row: number) => void;
}

interface State {
  readonly rows: ReadonlyMap<string, number>;
  /** Longest resting first. */
  readonly resting: ReadonlyMap<string, Resting>;
  readonly fresh: number;
}

export class RowAllocator {
  readonly #options: RowOptions;
  #state: State;

  constructor(options: RowOptions) {
    this.#options = options;
    this.#state = { rows: new Map(), resting: new Map(), fresh: options.first };
  }

  /** The row of a name in force. */
  rowOf(name: string): number | undefined {
    return this.#state.rows.get(name);
  }

  /** Begins a new set of names; `obeyed` is the oldest edition that any worker may still obey. */
  draft(obeyed: number): RowDraft {
    return new RowDraft(this.#options, this.#state, obeyed);
  }

  /** Makes the draft's names the ones in force from `edition` on. Returns the names that were not in force before. */
  commit(draft: RowDraft, edition: number): string[] {
    const { rows, resting } = this.#state;
    const added = [...draft.rows.keys()].filter((name) => !rows.has(name));
    const left = new Map(resting);
    for (const name of added) left.delete(name);
    for (const [name, row] of draft.taken) {
      left.delete(name);
      this.#options.onReuse(row);
    }
    for (const [name, row] of rows) if (!draft.rows.has(name)) left.set(name, { row, since: edition });
    this.#state = { rows: draft.rows, resting: left, fresh: draft.fresh };
    return added;
  }
}

/** One set of names in the making. */
export class RowDraft {
  readonly rows = new Map<string, number>();
  /** Resting rows given to other names, by the name that had them. */
  readonly taken = new Map<string, number>();
  fresh: number;
  readonly #options: RowOptions;
  readonly #state: State;
  readonly #obeyed: number;

  constructor(options: RowOptions, state: State, obeyed: number) {
    this.#options = options;
    this.#state = state;
    this.#obeyed = obeyed;
    this.fresh = state.fresh;
  }

  /** The row of `name` in this set. */
  assign(name: string): number {
    const { rows, resting } = this.#state;
    const rested = this.taken.has(name) ? undefined : resting.get(name)?.row;
    const row = this.rows.get(name) ?? rows.get(name) ?? rested ?? this.#take();
    this.rows.set(name, row);
    return row;
  }

  #take(): number {
    const { first, capacity, what, isIdle } = this.#options;
    if (this.fresh < capacity) return this.fresh++;
    for (const [name, { row, since }] of this.#state.resting) {
      if (this.taken.has(name) || this.rows.has(name) || this.#obeyed < since || !isIdle(row)) continue;
      this.taken.set(name, row);
      return row;
    }
    throw new OperatorError(
      `There is room for ${capacity - first} ${what} at one time, those still draining included; this configuration needs more.`,
    );
  }
}
