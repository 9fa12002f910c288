/**
 * A configuration file as data, with the place of everything in it. JSON is read as YAML, which holds all of it, so both
 * get the same places and messages.
 */
import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Alias,
  type Document,
  type Node,
  type Pair,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import { expand, mayRefer, type Environment } from './environment.ts';
import { formatPath, type Path, type Problem } from './problem.ts';
import { shorten } from './quantities.ts';
import { aliasTargets, keyText, mayAlias, Places } from './yaml-aliases.ts';
import {
  ALIAS_COUNT_MAX,
  DEPTH_MAX,
  FILE_BYTES_MAX,
  PARTS_MAX,
  plainValue,
  QUOTE_REFERENCE,
  syntaxMessage,
  tooDeep,
  ALIASES_MAX,
  tooManyAliases,
  tooManyParts,
} from './yaml-syntax.ts';

/** More than any list of names needs; finding the place of each key takes time. */
const MAP_KEYS_MAX = 10_000;
/** Nobody reads more. */
const PROBLEMS_MAX = 500;
/** What follows from one slip in the syntax says little. */
const SYNTAX_ERRORS_MAX = 20;

type Severity = Problem['severity'];

export class Source {
  readonly file: string;
  /** Why the file, or a reference in it, cannot be read. */
  readonly problems: Problem[] = [];
  /** The whole file as plain data; undefined when it cannot be read. */
  data: unknown = undefined;
  /** References that the environment cannot answer. */
  readonly unread: Path[] = [];
  readonly #lines = new LineCounter();
  #document: Document.Parsed | null = null;
  #targets: ReadonlyMap<Alias, Node> = new Map();
  readonly #places = new Places();
  /** Scalars that were one reference: what the environment said, before it was read as a number, boolean or null. */
  readonly #references = new Map<Node, string>();

  constructor(text: string, file: string, env: Environment) {
    this.file = file;
    if (Buffer.byteLength(text) > FILE_BYTES_MAX) {
      this.#add(0, [], 'the file is larger than 4 MiB; no configuration is');
      return;
    }
    const deep = tooDeep(text);
    if (deep !== -1) {
      this.#refuse(text, deep, `nested deeper than ${DEPTH_MAX} levels; no configuration is`);
      return;
    }
    const tangled = tooManyAliases(text);
    if (tangled !== -1) {
      this.#refuse(text, tangled, `more than ${ALIASES_MAX} aliases (\`*name\`); no configuration needs so many`);
      return;
    }
    const many = tooManyParts(text);
    if (many !== -1) {
      this.#refuse(text, many, `more than ${PARTS_MAX} values and marks between them; no configuration has so many`);
      return;
    }
    try {
      this.#read(text, env);
    } catch (error) {
      // The library throws where aliases multiply beyond its limit, and nowhere else that is known of.
      this.data = undefined;
      const multiplied = error instanceof Error && /alias/i.test(error.message);
      this.#add(
        0,
        [],
        multiplied
          ? 'aliases multiply to more than can be meant; write less by alias'
          : 'the file cannot be read as YAML',
      );
    }
  }

  /** Reads the text of the reference at `path` instead of the number, boolean or null in it; false when it is none. */
  preferText(path: Path): boolean {
    const node = this.#nodeAt(path);
    const text = node === null ? undefined : this.#references.get(node);
    if (text === undefined || !isScalar(node) || node.value === text) return false;
    node.value = text;
    return true;
  }

  /** The data anew, after `preferText`. */
  reread(): void {
    this.data = this.#document?.toJS({ maxAliasCount: ALIAS_COUNT_MAX }) as unknown;
  }

  /** A problem at the value that `path` names, or at its key; at the nearest parent when there is no such thing. */
  problem(
    path: Path,
    message: string,
    options: { readonly key?: boolean; readonly severity?: Severity } = {},
  ): Problem {
    return this.#make(this.#offsetOf(path, options.key === true), path, message, options.severity ?? 'error');
  }

  /** Whether a key was left without a value, which reads as null. */
  isEmptyValue(path: Path): boolean {
    const node = this.#nodeAt(path);
    return isScalar(node) && node.value === null && (node.source ?? '') === '' && !this.#references.has(node);
  }

  /** The text is not even parsed; `at` is where the trouble is. */
  #refuse(text: string, at: number, message: string): void {
    for (let line = -1; line < at; line = nextLine(text, line)) this.#lines.addNewLine(line + 1);
    this.#add(at, [], message);
  }

  #read(text: string, env: Environment): void {
    // Duplicates are looked for below: the library compares each key with every other.
    const document = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      merge: true,
      uniqueKeys: false,
    });
    this.#document = document;
    this.#addSyntax([...document.errors, ...document.warnings], text);
    if (this.problems.length > 0) return;
    if (mayAlias(text)) this.#targets = aliasTargets(document);
    visit(document, {
      Map: (_, map, ancestors) => {
        this.#checkKeys(map, [...ancestors, map]);
        return this.#goOn();
      },
      Alias: (_, alias, ancestors) => {
        this.#checkAlias(alias, [...ancestors, alias]);
        return this.#goOn();
      },
    });
    if (this.problems.length > 0) return;
    if (mayRefer(text)) this.#expandAll(document, env);
    if (this.#goOn() !== undefined) return;
    this.reread();
  }

  #expandAll(document: Document.Parsed, env: Environment): void {
    visit(document, {
      Scalar: (at, node, ancestors) => {
        if (at !== 'key' && typeof node.value === 'string')
          this.#expand(node as Node & { value: unknown }, node.value, env, ancestors);
        return this.#goOn();
      },
    });
  }

  #addSyntax(errors: readonly YAMLError[], text: string): void {
    const lines = new Set<number>();
    for (const { name, code, message, pos } of errors) {
      // A flow collection that is closed at the start of a line is clear enough: the library only warns of it.
      if (name === 'YAMLWarning' && code === 'BAD_INDENT') continue;
      // One slip gives several errors, where it stands and behind it; the first of a line says most.
      const { line } = this.#lines.linePos(pos[0]);
      if (lines.has(line) || lines.size === SYNTAX_ERRORS_MAX) continue;
      if (lines.size > 0 && message.includes('in YAML stream')) continue;
      lines.add(line);
      const reference = text.slice(pos[0] - 1, pos[0] + 1) === '${';
      this.#add(reference ? pos[0] - 1 : pos[0], [], reference ? QUOTE_REFERENCE : syntaxMessage(code, message));
    }
  }

  /** What a visit returns to go on, or to end once as much is said as anybody reads. */
  #goOn(): typeof visit.BREAK | undefined {
    return this.problems.length < PROBLEMS_MAX ? undefined : visit.BREAK;
  }

  #checkAlias(alias: Alias, ancestors: readonly unknown[]): void {
    const stands = this.#targets.get(alias);
    if (stands !== undefined && !ancestors.includes(stands)) return;
    const name = shorten(alias.source);
    const message =
      stands === undefined
        ? `no anchor \`&${name}\` stands before this alias`
        : `\`*${name}\` refers to itself: it stands inside what it stands for, and would have no end`;
    this.#add(alias.range?.[0] ?? 0, this.#places.pathOf(ancestors), message);
  }

  #checkKeys(map: YAMLMap, ancestors: readonly unknown[]): void {
    if (map.items.length > MAP_KEYS_MAX) {
      this.#add(
        map.range?.[0] ?? 0,
        this.#places.pathOf(ancestors),
        `has ${map.items.length} keys; no configuration has more than ${MAP_KEYS_MAX}`,
      );
      return;
    }
    const lines = new Map<string, number>();
    const own = this.#places.pathOf(ancestors);
    for (const pair of map.items) {
      const { key } = pair;
      const offset = isNode(key) ? (key.range?.[0] ?? 0) : 0;
      if (!isScalar(key)) this.#add(offset, own, 'a key is plain text');
      else if (key.value === null) this.#add(offset, own, 'a key is missing before `:`');
      else {
        const name = keyText(pair);
        const path = [...own, name];
        const before = lines.get(name);
        if (name === '__proto__') this.#add(offset, path, '`__proto__` cannot be a key');
        else if (before !== undefined)
          this.#add(offset, path, `stands twice; it is on line ${before} already; keep one`);
        else lines.set(name, this.#lines.linePos(offset).line);
      }
    }
  }

  #expand(node: Node & { value: unknown }, text: string, env: Environment, ancestors: readonly unknown[]): void {
    const expansion = expand(text, env);
    if (expansion === null) return;
    const path = this.#places.pathOf([...ancestors, node]);
    for (const problem of expansion.problems) this.#add(node.range?.[0] ?? 0, path, problem);
    if (expansion.problems.length > 0) this.unread.push(path);
    node.value = expansion.whole ? plainValue(expansion.text) : expansion.text;
    if (expansion.whole) this.#references.set(node, expansion.text);
  }

  #add(offset: number, path: Path, message: string): void {
    this.problems.push(this.#make(offset, path, message, 'error'));
  }

  #make(offset: number, path: Path, message: string, severity: Severity): Problem {
    const { line, col } = this.#lines.linePos(offset);
    return {
      severity,
      file: this.file,
      line: Math.max(1, line),
      column: Math.max(1, col),
      path: formatPath(path),
      message,
    };
  }

  #offsetOf(path: Path, key: boolean): number {
    for (let length = path.length; length >= 0; length--) {
      const part = path.slice(0, length);
      const pair = this.#pairAt(part);
      const node = this.#nodeAt(part);
      const keyAt = isNode(pair?.key) ? pair.key.range?.[0] : undefined;
      const valueAt = node?.range?.[0];
      const empty = isScalar(node) && node.range?.[0] === node.range?.[1];
      // What is missing is shown at the key of what should hold it; an empty value has no place of its own.
      const offset = key || length < path.length || empty ? (keyAt ?? valueAt) : (valueAt ?? keyAt);
      if (offset !== undefined) return offset;
    }
    return 0;
  }

  #pairAt(path: Path): Pair | undefined {
    const parent = path.length === 0 ? null : this.#nodeAt(path.slice(0, -1));
    return isMap(parent) ? parent.items.find((pair) => keyText(pair) === String(path.at(-1))) : undefined;
  }

  #nodeAt(path: Path): Node | null {
    let node = this.#resolved(this.#document?.contents ?? null);
    for (const step of path) {
      let next: unknown = null;
      if (isMap(node)) next = node.items.find((pair) => keyText(pair) === String(step))?.value;
      else if (isSeq(node)) next = node.items[Number(step)];
      node = isNode(next) ? this.#resolved(next) : null;
    }
    return node;
  }

  #resolved(node: Node | null): Node | null {
    return isAlias(node) ? (this.#targets.get(node) ?? null) : node;
  }
}

function nextLine(text: string, at: number): number {
  const found = text.indexOf('\n', at + 1);
  return found === -1 ? text.length : found;
}
