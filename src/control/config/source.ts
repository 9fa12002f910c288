/**
 * A configuration file as data, with the place of everything in it. JSON is read as YAML, which holds all of it, so both
 * get the same places and messages.
 */
import {
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Node,
  type Pair,
  type Scalar,
} from 'yaml';
import { expand, type Environment } from './environment.ts';
import { formatPath, type Path, type Problem } from './problem.ts';
import { shorten } from './quantities.ts';

/** A configuration is read by people; one larger than this is a mistake, and parsing it would stall the supervisor. */
export const FILE_BYTES_MAX = 4 * 1024 * 1024;
/** How often aliases may multiply what the file says. */
const ALIAS_COUNT_MAX = 100;
/** Deeper nesting than any configuration needs, and well within the stack. */
const DEPTH_MAX = 64;

export class Source {
  readonly file: string;
  readonly problems: Problem[] = [];
  /** The whole file as plain data; undefined when it cannot be read. */
  data: unknown = undefined;
  readonly #lines = new LineCounter();
  #document: Document.Parsed | null = null;
  /** Scalars that were one reference: what the environment said, before it was read as a number, boolean or null. */
  readonly #references = new Map<Node, string>();

  constructor(text: string, file: string, env: Environment) {
    this.file = file;
    if (Buffer.byteLength(text) > FILE_BYTES_MAX) {
      this.#add(0, [], `the file is larger than 4 MiB; a configuration is far smaller`);
      return;
    }
    const deep = nestingProblem(text);
    if (deep !== null) {
      this.#countLines(text);
      this.#add(deep, [], `nested deeper than ${DEPTH_MAX} levels; no configuration is`);
      return;
    }
    try {
      this.#read(text, env);
    } catch (error) {
      // The parser's own limits: aliases that multiply, or a stack that ran out.
      this.data = undefined;
      const detail =
        error instanceof Error && error.message.includes('alias')
          ? 'aliases multiply to more than can be meant'
          : 'cannot be read';
      this.#add(0, [], `the file ${detail}`);
    }
  }

  #read(text: string, env: Environment): void {
    const document = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      merge: true,
      strict: true,
      uniqueKeys: true,
    });
    this.#document = document;
    for (const error of document.errors) this.#add(error.pos[0], [], syntaxMessage(error.code, error.message));
    if (document.errors.length > 0) return;
    for (const warning of document.warnings) this.#add(warning.pos[0], [], warning.message.split('\n')[0]);
    if (document.warnings.length > 0) return;
    this.#checkKeys(document);
    this.#expand(document, env);
    if (this.problems.length > 0) return;
    this.data = document.toJS({ maxAliasCount: ALIAS_COUNT_MAX }) as unknown;
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
    options: { readonly key?: boolean; readonly severity?: 'error' | 'warning' } = {},
  ): Problem {
    const at = this.#offsetOf(path, options.key === true);
    return this.#make(at, path, message, options.severity ?? 'error');
  }

  /** Whether a key was left without a value, which reads as null. */
  isEmptyValue(path: Path): boolean {
    const node = this.#nodeAt(path);
    return isScalar(node) && node.value === null && (node.source ?? '') === '' && !this.#references.has(node);
  }

  #add(offset: number, path: Path, message: string): void {
    this.problems.push(this.#make(offset, path, message, 'error'));
  }

  #make(offset: number, path: Path, message: string, severity: 'error' | 'warning'): Problem {
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

  #countLines(text: string): void {
    this.#lines.addNewLine(0);
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.#lines.addNewLine(at + 1);
  }

  #checkKeys(document: Document.Parsed): void {
    visit(document, {
      Pair: (_, pair, ancestors) => {
        const { key } = pair;
        const offset = isNode(key) ? (key.range?.[0] ?? 0) : 0;
        const path = pathOf(ancestors);
        if (isAlias(key) || (isNode(key) && !isScalar(key))) this.#add(offset, path, 'a key must be plain text');
        else if (isScalar(key) && key.value === null) this.#add(offset, path, 'a key is missing before `:`');
        else if (keyText(pair) === '__proto__') this.#add(offset, path, '`__proto__` cannot be a key');
      },
    });
  }

  #expand(document: Document.Parsed, env: Environment): void {
    visit(document, {
      Scalar: (at, node, ancestors) => {
        if (at === 'key' || typeof node.value !== 'string') return;
        const expansion = expand(node.value, env);
        if (expansion === null) return;
        for (const problem of expansion.problems)
          this.#add(node.range?.[0] ?? 0, pathOf([...ancestors, node]), problem);
        node.value = expansion.whole ? plainValue(expansion.text) : expansion.text;
        if (expansion.whole) this.#references.set(node, expansion.text);
      },
    });
  }

  #offsetOf(path: Path, key: boolean): number {
    for (let length = path.length; length >= 0; length--) {
      const pair = this.#pairAt(path.slice(0, length));
      const node = this.#nodeAt(path.slice(0, length));
      const keyAt = isNode(pair?.key) ? pair.key.range?.[0] : undefined;
      const valueAt = node?.range?.[0];
      const isEmpty = node?.range !== undefined && node.range !== null && node.range[0] === node.range[1];
      // A missing thing is shown at the key of what should hold it; an empty value has no place of its own.
      const preferKey = key || length < path.length || isEmpty;
      const offset = preferKey ? (keyAt ?? valueAt) : (valueAt ?? keyAt);
      if (offset !== undefined) return offset;
    }
    return 0;
  }

  #pairAt(path: Path): Pair | null {
    const last = path.at(-1);
    if (last === undefined) return null;
    const parent = this.#nodeAt(path.slice(0, -1));
    if (!isMap(parent)) return null;
    return (parent.items.find((pair) => keyText(pair) === String(last)) as Pair | undefined) ?? null;
  }

  #nodeAt(path: Path): Node | null {
    let node: Node | null = this.#document?.contents ?? null;
    for (const step of path) {
      node = this.#resolved(node);
      let next: unknown = null;
      if (isMap(node)) next = node.items.find((pair) => keyText(pair) === String(step))?.value ?? null;
      else if (isSeq(node) && typeof step === 'number') next = node.items[step];
      node = isNode(next) ? next : null;
      if (node === null) return null;
    }
    return this.#resolved(node);
  }

  #resolved(node: Node | null): Node | null {
    return isAlias(node) && this.#document !== null ? (node.resolve(this.#document) ?? null) : node;
  }
}

/** What YAML would read when the text stood there without quotes; only scalars, never structure. */
function plainValue(text: string): unknown {
  if (/^[\w.+-]*$/.test(text)) {
    const value = parseDocument(text).toJS() as unknown;
    if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  }
  return text;
}

function keyText(pair: { readonly key: unknown }): string {
  return isScalar(pair.key) ? String((pair.key as Scalar).value) : String(pair.key);
}

function pathOf(ancestors: readonly unknown[]): Path {
  const path: (string | number)[] = [];
  ancestors.forEach((node, at) => {
    const child = ancestors[at + 1];
    if (isPair(node)) path.push(keyText(node));
    else if (isSeq(node) && child !== undefined) path.push(node.items.indexOf(child));
  });
  return path;
}

/** Where brackets open more often than any configuration needs: the parser would run out of stack. */
function nestingProblem(text: string): number | null {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '[' || char === '{') {
      if (++depth > DEPTH_MAX * 16) return at;
    } else if ((char === ']' || char === '}') && depth > 0) depth--;
  }
  return null;
}

/** The parser's codes in the words of whoever wrote the file. */
function syntaxMessage(code: string, message: string): string {
  const line = shorten(message.split('\n')[0]);
  switch (code) {
    case 'DUPLICATE_KEY':
      return 'this key stands twice in its mapping; keep one';
    case 'MULTIPLE_DOCS':
      return 'a second document begins here; a configuration is one document';
    case 'TAB_AS_INDENT':
      return 'a tab stands where YAML wants spaces for indentation';
    case 'BAD_ALIAS':
      return `${line}; name an anchor (\`&name\`) that stands before it`;
    default:
      return `not valid YAML: ${line}`;
  }
}
