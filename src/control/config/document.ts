/**
 * A configuration as its author wrote it, and edits to it that leave the rest alone: comments, order, quotes and
 * `${NAME}` references stay where nothing is changed. A file in JSON stays JSON.
 *
 * Lists and mappings that stand in several places by an alias (`*name`, `<<`) are one text with many meanings. An edit is
 * always of one place: whatever shares text with it gets a copy of what it said before, and only then is the edit made.
 *
 * Edits do not judge: what they make is read by load.ts like any file.
 */
import { expand, type Environment } from './environment.ts';
import { JsonTree } from './json-tree.ts';
import type { Path } from './problem.ts';
import { Refused } from './refused.ts';
import { replaceIn, type Tree } from './tree.ts';
import { YamlTree } from './yaml-tree.ts';

export class ConfigDocument {
  /** What references in it are read from. */
  readonly environment: Environment;
  /** Null: `#tree` says. */
  #text: string | null;
  /** Null: not looked at yet. Undefined: the text cannot be read. */
  #tree: Tree | undefined | null = null;

  private constructor(text: string, environment: Environment) {
    this.#text = text;
    this.environment = environment;
  }

  /** Never throws; see `readable`. `environment` is used by `read` alone. */
  static parse(text: string, environment: Environment = {}): ConfigDocument {
    return new ConfigDocument(text, environment);
  }

  /** False: the text is not YAML or JSON, or is larger or deeper than a configuration may be. It then has no data, and edits are refused. */
  get readable(): boolean {
    return this.#look() !== undefined;
  }

  get text(): string {
    this.#text ??= (this.#tree as Tree).text();
    return this.#text;
  }

  /** As written: references are text, and nothing is defaulted. Null when there is nothing, or it is not `readable`. */
  data(): unknown {
    return this.#look()?.data() ?? null;
  }

  /** The part of `data()` at `path`; undefined when there is none. */
  get(path: Path): unknown {
    return this.#look()?.get(path);
  }

  /** A value as the loader will read it: references in a text are replaced; those that cannot be are left empty. */
  read(value: unknown): unknown {
    return typeof value === 'string' ? (expand(value, this.environment)?.text ?? value) : value;
  }

  /** Puts plain data at `path`, and makes the mappings on the way. An index must be that of an entry that is there. */
  set(path: Path, value: unknown): void {
    this.#edit((tree) => tree.set(path, value));
  }

  /** False when there was nothing. */
  delete(path: Path): boolean {
    return this.#edit((tree) => tree.delete(path));
  }

  /** Puts `value` into the list at `path`, before the entry at `index`, or behind the last. */
  insert(path: Path, index: number, value: unknown): void {
    this.#edit((tree) => tree.insert(path, index, value));
  }

  /** The least edits that make `data()` equal to `data`. */
  replace(data: unknown): void {
    this.#edit((tree) => replaceIn(tree, [], tree.data(), data));
  }

  /** Becomes another text as a whole. */
  rewrite(text: string): void {
    this.#text = text;
    this.#tree = null;
  }

  clone(): ConfigDocument {
    return new ConfigDocument(this.text, this.environment);
  }

  #look(): Tree | undefined {
    // What has a tree and no text is being edited.
    if (this.#tree === null) this.#tree = JsonTree.read(this.#text as string) ?? YamlTree.read(this.#text as string);
    return this.#tree;
  }

  #edit<T>(change: (tree: Tree) => T): T {
    const tree = this.#look();
    if (tree === undefined)
      throw new Refused(409, 'The configuration is not valid YAML, so that no part of it can be changed.');
    const result = change(tree);
    if (tree.changed) this.#text = null;
    return result;
  }
}
