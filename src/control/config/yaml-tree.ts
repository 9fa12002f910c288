/**
 * A configuration in YAML, changed in its syntax tree. Where all that changes are single values that stand in the text as
 * such, they are replaced there, and not a character beside them moves. Any other change has the text written anew from
 * the tree: comments, order, quotes and the file's own indentation stay, spaces for alignment do not.
 */
import {
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  parseDocument,
  Scalar,
  visit,
  YAMLMap,
  type Document,
  type Node,
  type Pair,
  type YAMLSeq,
} from 'yaml';
import type { Path } from './problem.ts';
import { Refused } from './refused.ts';
import type { Tree } from './tree.ts';
import { aliasTargets, mayAlias } from './yaml-aliases.ts';
import { keyText, Sharing } from './yaml-sharing.ts';
import { ALIAS_COUNT_MAX, tooLarge } from './yaml-syntax.ts';

/** A piece of the text that is replaced. */
interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export class YamlTree implements Tree {
  changed = false;
  readonly #source: string;
  readonly #document: Document.Parsed;
  readonly #sharing: Sharing;
  /** By the scalar that is replaced; null once the text has to be written anew. */
  #splices: Map<Node, Splice> | null = new Map();

  private constructor(document: Document.Parsed, source: string) {
    this.#document = document;
    this.#source = source;
    this.#sharing = new Sharing(document, source);
  }

  /** Undefined when it cannot be read. */
  static read(text: string): YamlTree | undefined {
    if (tooLarge(text)) return undefined;
    const document = parseDocument(text, { prettyErrors: false, merge: true, uniqueKeys: false });
    if (document.errors.length > 0 || (mayAlias(text) && isEndless(document))) return undefined;
    const tree = new YamlTree(document, text);
    try {
      // Aliases that lead nowhere, or multiply beyond the limit.
      tree.data();
    } catch {
      return undefined;
    }
    return tree;
  }

  text(): string {
    if (this.#splices === null) {
      padAsWritten(this.#document, this.#source);
      return this.#document.toString({ ...layoutOf(this.#source), lineWidth: 0 });
    }
    let text = this.#source;
    for (const { start, end, text: piece } of [...this.#splices.values()].toSorted((a, b) => b.start - a.start))
      text = text.slice(0, start) + piece + text.slice(end);
    return text;
  }

  data(): unknown {
    return this.#document.toJS({ maxAliasCount: ALIAS_COUNT_MAX }) as unknown;
  }

  get(path: Path): unknown {
    const node = this.#sharing.find(path);
    return node === undefined ? undefined : plain(node, this.#document);
  }

  set(path: Path, value: unknown): void {
    this.changed = true;
    const last = path.at(-1);
    if (last === undefined) {
      this.#splices = null;
      this.#document.contents = this.#document.createNode(value) as Document.Parsed['contents'];
      return;
    }
    const holder = this.#holder(path.slice(0, -1));
    const old = this.#sharing.own(holder, last);
    if (this.#splice(old, value)) return;
    const node = this.#create(value, holder);
    if (isSeq(holder)) {
      if (old === undefined) throw new Refused(409, `there is no entry ${last} in ${path.slice(0, -1).join('.')}`);
      holder.items[Number(last)] = keepComments(old, node);
      return;
    }
    const pair = pairOf(holder, last);
    if (pair === undefined) holder.add(this.#document.createPair(String(last), node));
    else pair.value = keepComments(pair.value, node);
  }

  delete(path: Path): boolean {
    const last = path.at(-1);
    if (last === undefined || this.#sharing.find(path) === undefined) return false;
    this.changed = true;
    const holder = this.#holder(path.slice(0, -1));
    this.#sharing.own(holder, last, true);
    this.#splices = null;
    if (isSeq(holder)) holder.items.splice(Number(last), 1);
    else holder.items = holder.items.filter((pair) => keyText(pair) !== String(last));
    if (isCollection(holder) && holder.items.length === 0) holder.flow = true;
    return true;
  }

  insert(path: Path, index: number, value: unknown): void {
    this.changed = true;
    const list = this.#list(path);
    this.#splices = null;
    // `[]` is written in one line only because nothing is in it.
    if (list.items.length === 0 && isMap(this.#document.contents) && this.#document.contents.flow !== true)
      list.flow = false;
    list.items.splice(index, 0, this.#create(value, list));
  }

  move(path: Path, from: number, to: number): void {
    this.changed = true;
    const { items } = this.#list(path);
    this.#splices = null;
    items.splice(to, 0, ...items.splice(from, 1));
  }

  /** What holds the last step of a path, belonging to that place alone; mappings are made where there is nothing. */
  #holder(path: Path): YAMLMap | YAMLSeq {
    if (!isMap(this.#document.contents) && !isSeq(this.#document.contents)) {
      this.#splices = null;
      this.#document.contents = new YAMLMap(this.#document.schema) as unknown as Document.Parsed['contents'];
    }
    let holder = this.#document.contents as unknown as YAMLMap | YAMLSeq;
    this.#sharing.release(holder, false);
    for (const step of path) {
      const next = this.#sharing.own(holder, step);
      if (isMap(next) || isSeq(next)) {
        holder = next;
        continue;
      }
      this.#splices = null;
      const made = new YAMLMap(this.#document.schema);
      if (isSeq(holder)) holder.items[Number(step)] = made;
      else {
        const pair = pairOf(holder, step);
        if (pair === undefined) holder.add(this.#document.createPair(String(step), made));
        else pair.value = keepComments(pair.value, made);
      }
      holder = made;
    }
    if (this.#sharing.changed) this.#splices = null;
    return holder;
  }

  #list(path: Path): YAMLSeq {
    const list = this.#holder(path);
    if (!isSeq(list)) throw new Refused(409, `there is no list at ${path.join('.')}`);
    return list;
  }

  #create(value: unknown, holder: YAMLMap | YAMLSeq): Node {
    this.#splices = null;
    // Entries of a list of `{ … }` are written as the others are.
    const beside = isSeq(holder) ? holder.items.find((item) => isCollection(item)) : undefined;
    const flow = holder.flow === true || (isCollection(beside) && beside.flow === true);
    return this.#document.createNode(value, { flow, aliasDuplicateObjects: false });
  }

  /** Replaces one plain value by another where it stands; false when that is not possible. */
  #splice(node: unknown, value: unknown): boolean {
    if (this.#sharing.changed) this.#splices = null;
    if (this.#splices === null || !isScalar(node) || !node.range || node.anchor !== undefined) return false;
    if (node.tag !== undefined || (typeof value === 'object' && value !== null) || value === undefined) return false;
    const [start, end] = node.range;
    const quoted = node.type === Scalar.QUOTE_DOUBLE || node.type === Scalar.QUOTE_SINGLE;
    const before = this.#source.slice(start, end);
    if (start === end || before.includes('\n') || (!quoted && node.type !== Scalar.PLAIN)) return false;
    const text = scalarText(value, quoted);
    if (text === null) return false;
    this.#splices.set(node, { start, end, text });
    node.value = value;
    node.source = text;
    // The tree may have to be written as a whole later.
    if (text.startsWith('"')) node.type = Scalar.QUOTE_DOUBLE;
    else node.type = Scalar.PLAIN;
    return true;
  }
}

/** How a value is written on one line; null when that is not plain to see. */
function scalarText(value: unknown, quoted: boolean): string | null {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0) ? String(value) : null;
  if (typeof value !== 'string') return null;
  // Letters first, and nothing behind them that YAML gives a meaning.
  if (!quoted && /^[a-z][a-z0-9./-]*$/.test(value) && !WORDS_WITH_MEANING.has(value)) return value;
  return JSON.stringify(value);
}

/** In YAML 1.2, and in the older one that some editors and tools still speak. */
const WORDS_WITH_MEANING: ReadonlySet<string> = new Set('null true false yes no on off y n'.split(' '));

function plain(node: Node, document: Document.Parsed): unknown {
  return node.toJS(document, { maxAliasCount: ALIAS_COUNT_MAX }) as unknown;
}

function pairOf(map: YAMLMap, step: string | number): Pair | undefined {
  return map.items.find((pair) => keyText(pair) === String(step));
}

/** What is said about a value is still said of the one that takes its place. */
function keepComments(old: unknown, node: Node): Node {
  if (!isNode(old)) return node;
  const { commentBefore, comment } = old;
  if (typeof commentBefore === 'string') node.commentBefore = commentBefore;
  if (typeof comment === 'string') {
    // Behind a value on one line it stands on that line.
    if (isScalar(node) || (isCollection(node) && node.flow === true)) node.comment = comment;
    else node.commentBefore = [node.commentBefore, comment].filter(Boolean).join('\n');
  }
  if (old.spaceBefore === true) node.spaceBefore = true;
  return node;
}

/** How the author indents, so that what has not changed stays as it looks. */
function layoutOf(text: string): { indent: number; indentSeq: boolean } {
  const step = /^[\w"'-][^\n]*:[ \t]*(?:#[^\n]*)?\n(?:[ \t]*(?:#[^\n]*)?\n)*( +)[^\s#-]/m.exec(text)?.[1]?.length ?? 2;
  const under = /^( *)[\w"'-][^\n]*:[ \t]*(?:#[^\n]*)?\n(?:[ \t]*(?:#[^\n]*)?\n)*( *)- /m.exec(text);
  return {
    indent: Math.min(Math.max(step, 1), 8),
    indentSeq: under === null || (under[2] as string).length > (under[1] as string).length,
  };
}

/** `{ a: 1 }` or `{a: 1}`, `[a]` or `[ a ]`: the library has one way for both, authors mostly have the first of each. */
function padAsWritten(document: Document.Parsed, text: string): void {
  const map = /(?:^|[^$])\{ /.test(text) || !/(?:^|[^$])\{[^ }\n]/.test(text) ? ' ' : '';
  const seq = /\[ /.test(text) && !/\[[^ \]\n]/.test(text) ? ' ' : '';
  visit(document, {
    Collection: (_, node) => {
      if (node.flow !== true) return;
      const write = Object.getPrototypeOf(node) as { toString: (this: unknown, ...all: unknown[]) => string };
      const flowCollectionPadding = isSeq(node) ? seq : map;
      node.toString = (...[context, ...rest]: unknown[]) =>
        write.toString.call(node, { ...(context as object), flowCollectionPadding }, ...rest);
    },
  });
}

/** Whether an alias stands inside what it stands for. */
function isEndless(document: Document.Parsed): boolean {
  let endless = false;
  const targets = aliasTargets(document);
  visit(document, {
    Alias: (_, alias, ancestors) => {
      const stands = targets.get(alias);
      if (stands === undefined || !ancestors.includes(stands)) return undefined;
      endless = true;
      return visit.BREAK;
    },
  });
  return endless;
}
