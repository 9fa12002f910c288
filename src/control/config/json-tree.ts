/** A configuration that is written in JSON, which has no comments to keep: it is changed as data and written anew. */
import type { Path } from './problem.ts';
import { Refused } from './refused.ts';
import { isMapping, type Tree } from './tree.ts';
import { tooLarge } from './yaml-syntax.ts';

type Holder = Record<string | number, unknown>;

export class JsonTree implements Tree {
  changed = false;
  readonly #indent: string;
  readonly #end: string;
  #data: unknown;

  private constructor(data: unknown, text: string) {
    this.#data = data;
    // As its author has it: on one line, or by as many spaces as its first inner line.
    this.#indent = /\n([ \t]+)\S/.exec(text)?.[1] ?? '';
    this.#end = text.endsWith('\n') ? '\n' : '';
  }

  /** Undefined when it is not a mapping in JSON. */
  static read(text: string): JsonTree | undefined {
    if (!/^\s*\{/.test(text) || tooLarge(text)) return undefined;
    try {
      return new JsonTree(JSON.parse(text), text);
    } catch {
      return undefined;
    }
  }

  text(): string {
    return JSON.stringify(this.#data, null, this.#indent) + this.#end;
  }

  data(): unknown {
    return structuredClone(this.#data);
  }

  get(path: Path): unknown {
    let value: unknown = this.#data;
    for (const step of path) value = holds(value, step) ? value[step] : undefined;
    return structuredClone(value);
  }

  set(path: Path, value: unknown): void {
    this.changed = true;
    const last = path.at(-1);
    if (last === undefined) {
      this.#data = structuredClone(value);
      return;
    }
    put(this.#holder(path.slice(0, -1)), last, structuredClone(value));
  }

  delete(path: Path): boolean {
    const last = path.at(-1);
    if (last === undefined || this.get(path) === undefined) return false;
    this.changed = true;
    const holder = this.#holder(path.slice(0, -1));
    if (Array.isArray(holder)) holder.splice(Number(last), 1);
    else delete holder[last];
    return true;
  }

  insert(path: Path, index: number, value: unknown): void {
    this.changed = true;
    this.#list(path).splice(index, 0, structuredClone(value));
  }

  move(path: Path, from: number, to: number): void {
    this.changed = true;
    const list = this.#list(path);
    list.splice(to, 0, ...list.splice(from, 1));
  }

  /** The list or mapping at `path`; mappings are made where there is nothing. */
  #holder(path: Path): Holder {
    if (typeof this.#data !== 'object' || this.#data === null) this.#data = {};
    let holder = this.#data as Holder;
    for (const step of path) {
      if (!holds(holder, step) || typeof holder[step] !== 'object' || holder[step] === null) put(holder, step, {});
      holder = holder[step] as Holder;
    }
    return holder;
  }

  #list(path: Path): unknown[] {
    const list: unknown = path.length === 0 ? this.#data : this.#holder(path);
    if (!Array.isArray(list)) throw new Refused(409, `there is no list at ${path.join('.')}`);
    return list;
  }
}

function holds(value: unknown, step: string | number): value is Holder {
  return (isMapping(value) || Array.isArray(value)) && Object.hasOwn(value, step);
}

/** Also where the key is `__proto__`, which the loader refuses by name. */
function put(holder: Holder, key: string | number, value: unknown): void {
  Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true });
}
