/**
 * Gives rows of a fixed table to names, and keeps them: a name has the same row in every plan that holds it. A row whose
 * name is gone rests until every worker has left the plans that named it and nothing uses it any more; only then is it
 * given to another name. A name that comes back while its row rests gets its old row.
 *
 * A plan is compiled against a draft; nothing changes until `commit`, so a plan that is refused leaves no trace.
 */
import { OperatorError } from './operator-error.ts';

interface Resting {
  readonly row: number;
  /** The first revision that no longer names it. */
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

export class RowAllocator {
  readonly #options: RowOptions;
  #rows = new Map<string, number>();
  readonly #resting = new Map<string, Resting>();
  readonly #free: number[] = [];
  #fresh: number;

  constructor(options: RowOptions) {
    this.#options = options;
    this.#fresh = options.first;
  }

  /** The row of a name in force. */
  rowOf(name: string): number | undefined {
    return this.#rows.get(name);
  }

  /** Names in force. */
  get size(): number {
    return this.#rows.size;
  }

  /** Rows that wait until nothing uses them. */
  get restingCount(): number {
    return this.#resting.size;
  }

  /** Begins a new set of names; `obeyed` is the oldest revision that any worker may still obey. */
  draft(obeyed: number): RowDraft {
    this.#sweep(obeyed);
    return new RowDraft(this.#options, this.#rows, this.#resting, this.#free, this.#fresh);
  }

  /** Makes the draft's names the ones in force from `revision` on. Returns the names that were not in force before. */
  commit(draft: RowDraft, revision: number): string[] {
    const added: string[] = [];
    for (const name of draft.rows.keys()) if (!this.#rows.has(name)) added.push(name);
    for (const [name, row] of this.#rows) {
      if (!draft.rows.has(name)) this.#resting.set(name, { row, since: revision });
    }
    for (const name of added) this.#resting.delete(name);
    for (const row of draft.reused) this.#options.onReuse(row);
    this.#free.splice(0, draft.reused.length);
    this.#fresh = draft.fresh;
    this.#rows = draft.rows;
    return added;
  }

  #sweep(obeyed: number): void {
    for (const [name, { row, since }] of this.#resting) {
      if (obeyed < since || !this.#options.isIdle(row)) continue;
      this.#resting.delete(name);
      this.#free.push(row);
    }
  }
}

/** One set of names in the making. */
export class RowDraft {
  readonly rows = new Map<string, number>();
  /** Rows taken from the front of the free list. */
  readonly reused: number[] = [];
  fresh: number;
  readonly #options: RowOptions;
  readonly #current: ReadonlyMap<string, number>;
  readonly #resting: ReadonlyMap<string, Resting>;
  readonly #free: readonly number[];

  constructor(
    options: RowOptions,
    current: ReadonlyMap<string, number>,
    resting: ReadonlyMap<string, Resting>,
    free: readonly number[],
    fresh: number,
  ) {
    this.#options = options;
    this.#current = current;
    this.#resting = resting;
    this.#free = free;
    this.fresh = fresh;
  }

  /** The row of `name` in this set. */
  assign(name: string): number {
    const known = this.rows.get(name) ?? this.#current.get(name) ?? this.#resting.get(name)?.row;
    const row = known ?? this.#take();
    this.rows.set(name, row);
    return row;
  }

  /** A row that nobody has had yet while there is one: what still trickles into an old row then meets no other name. */
  #take(): number {
    const { first, capacity, what } = this.#options;
    if (this.fresh < capacity) return this.fresh++;
    const free = this.#free[this.reused.length];
    if (free === undefined) {
      throw new OperatorError(
        `There is room for ${capacity - first} ${what} at one time, those still draining included; this configuration needs more.`,
      );
    }
    this.reused.push(free);
    return free;
  }
}
