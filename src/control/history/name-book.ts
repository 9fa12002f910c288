/**
 * Numbers for the names of backends, so that a step does not repeat them. When the book is full, names that no step mentions
 * any more are forgotten and their numbers given anew; if that is not enough, further backends count together under
 * `_other`. The file gets names and steps in one transaction, so a number never means two names there either.
 */

/** Four times the backends that can exist at one time: a day of ordinary coming and going. About 2 MB of names. */
export const NAMES_MAX = 16_384;
/** No backend has this name: theirs have a `/`. */
export const OTHER = '_other';
export const OTHER_ID = 0;

export class NameBook {
  /** Moves when numbers that were handed out may no longer hold. */
  generation = 0;
  readonly #ids = new Map<string, number>();
  readonly #names = new Map<number, string>();
  /** Numbers that may be given, the next one last. */
  readonly #free: number[] = [];
  /** The lowest number that was never given. */
  #fresh = OTHER_ID + 1;
  readonly #max: number;

  constructor(max = NAMES_MAX) {
    this.#max = max;
  }

  get size(): number {
    return this.#ids.size;
  }

  get isFull(): boolean {
    return this.size >= this.#max;
  }

  /** `OTHER_ID` when the book is full. */
  idOf(name: string): number {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    if (this.isFull) return OTHER_ID;
    const id = this.#free.pop() ?? this.#fresh++;
    this.#enter(id, name);
    return id;
  }

  nameOf(id: number): string {
    return this.#names.get(id) ?? OTHER;
  }

  /** All numbers with their names, those given last at the end. */
  entries(): IterableIterator<[id: number, name: string]> {
    return this.#names.entries();
  }

  /** Forgets what `isUsed` does not hold. */
  forget(isUsed: (id: number) => boolean): void {
    for (const [id, name] of this.#names) {
      if (isUsed(id)) continue;
      this.#names.delete(id);
      this.#ids.delete(name);
      this.#free.push(id);
    }
    this.generation += 1;
  }

  /** Becomes another book. Entries that it could not have written itself are left out. */
  become(entries: Iterable<readonly [id: number, name: string]>): void {
    this.#ids.clear();
    this.#names.clear();
    this.#free.length = 0;
    this.#fresh = OTHER_ID + 1;
    for (const [id, name] of entries) {
      const possible = Number.isInteger(id) && id > OTHER_ID && id <= this.#max;
      if (possible && !this.#names.has(id) && !this.#ids.has(name)) this.#enter(id, name);
    }
    for (const id of this.#names.keys()) this.#fresh = Math.max(this.#fresh, id + 1);
    for (let id = this.#fresh - 1; id > OTHER_ID; id--) if (!this.#names.has(id)) this.#free.push(id);
    this.generation += 1;
  }

  #enter(id: number, name: string): void {
    this.#ids.set(name, id);
    this.#names.set(id, name);
  }
}
