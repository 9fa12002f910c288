/** Members of a line of log that are the same again and again: names of the configuration with their keys, escaped once and kept. */

/** Names known at a time; a configuration has fewer, and what reloads leave behind is forgotten at this point. */
const NAMES_MAX = 8192;

/** A name with its key, and what stands around both. */
export class Members {
  readonly #start: string;
  readonly #key: string;
  readonly #rest: string;
  readonly #known = new Map<string, Buffer>();

  constructor(start: string, key: string, rest: string) {
    this.#start = start;
    this.#key = key;
    this.#rest = rest;
  }

  /** An empty name is left out, with its key. */
  of(name: string): Buffer {
    let known = this.#known.get(name);
    if (known === undefined) {
      if (this.#known.size >= NAMES_MAX) this.#known.clear();
      const member = name === '' ? '' : `${this.#key}${JSON.stringify(name)}`;
      known = Buffer.from(`${this.#start}${member}${this.#rest}`, 'utf8');
      this.#known.set(name, known);
    }
    return known;
  }
}

/** Two names that mostly stand together, each escaped once; an empty one is left out. */
export class Pairs {
  readonly #key: string;
  readonly #second: string;
  readonly #rest: string;
  readonly #known = new Map<string, Members>();
  #firstSeen: string | null = null;
  #secondSeen: string | null = null;
  #lastBytes: Buffer = Buffer.alloc(0);

  constructor(key: string, second: string, rest: string) {
    this.#key = key;
    this.#second = second;
    this.#rest = rest;
  }

  of(first: string, second: string): Buffer {
    if (first !== this.#firstSeen || second !== this.#secondSeen) {
      this.#lastBytes = this.#find(first).of(second);
      this.#firstSeen = first;
      this.#secondSeen = second;
    }
    return this.#lastBytes;
  }

  #find(first: string): Members {
    let known = this.#known.get(first);
    if (known === undefined) {
      if (this.#known.size >= NAMES_MAX) this.#known.clear();
      const start = first === '' ? '' : `${this.#key}${JSON.stringify(first)}`;
      known = new Members(start, this.#second, this.#rest);
      this.#known.set(first, known);
    }
    return known;
  }
}
