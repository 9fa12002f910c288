/**
 * Text that stands in several places of a YAML document by aliases and merge keys, and the parting of it: before a place is
 * edited, whatever shares text with it gets a copy of its own, so that an edit is an edit of one place.
 */
import {
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  Scalar,
  visit,
  type Alias,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { Path } from './problem.ts';
import { aliasTargets, mayAlias } from './yaml-aliases.ts';
import { ALIAS_COUNT_MAX } from './yaml-syntax.ts';

type Holder = YAMLMap | YAMLSeq;

const MERGE_KEY = '<<';

/** Where an alias stands. */
interface Use {
  readonly alias: Alias;
  readonly target: Node;
  readonly parents: readonly unknown[];
}

export class Sharing {
  /** Whether a copy has been made. */
  changed = false;
  readonly #document: Document.Parsed;
  /** Most documents have no alias, and cost nothing here. */
  #shares: boolean;

  /** `text`: what the document was read from. */
  constructor(document: Document.Parsed, text: string) {
    this.#document = document;
    this.#shares = (mayAlias(text) && this.#uses().length > 0) || (mayMerge(text) && this.#merges());
  }

  /** The node that `path` leads to, through aliases and merge keys; undefined when there is none. */
  find(path: Path): Node | undefined {
    let node: unknown = this.#document.contents;
    for (const step of path) {
      const holder = this.#resolved(node);
      if (isMap(holder)) node = this.#valueIn(holder, String(step));
      else if (isSeq(holder))
        node = typeof step === 'number' || /^\d+$/.test(step) ? holder.items[Number(step)] : undefined;
      else return undefined;
      if (node === undefined) return undefined;
    }
    return isNode(node) ? node : node === null ? new Scalar(null) : undefined;
  }

  /**
   * What stands in `holder` under `step`, as its own: not an alias, not merged, and shared with nobody. `whole`: nothing
   * inside it is shared either, since it is about to go. Undefined when there is none.
   */
  own(holder: Holder, step: string | number, whole = false): Node | undefined {
    if (!this.#shares) return valueOf(holder, step);
    if (isMap(holder) && holder.items.some(isMerge) && (whole || valueOf(holder, step) === undefined))
      this.#takeOver(holder, String(step), whole);
    let node = valueOf(holder, step);
    if (isAlias(node)) {
      node = this.#copy(this.#resolved(node) as Node);
      put(holder, step, node);
    }
    if (node !== undefined) this.release(node, true);
    return node;
  }

  /** Gives every alias of `node`, and with `within` of anything inside it, a copy of what it stands for. */
  release(node: Node, within: boolean): void {
    if (!this.#shares) return;
    const targets = new Set<Node>([node]);
    if (within) visit(node as never, { Node: (_, inner) => void targets.add(inner) });
    const uses = this.#uses().filter(({ target }) => targets.has(target));
    // All copies are made before anything is moved.
    const merges = new Set<YAMLMap>();
    const copies = uses.map(({ alias, target, parents }) => {
      const merge = parents.findLastIndex((parent) => isMerge(parent));
      if (merge > 0 && merge >= parents.length - 2) merges.add(parents[merge - 1] as YAMLMap);
      return { alias, parent: parents.at(-1), copy: this.#copy(target) };
    });
    for (const map of merges) this.#takeOver(map, null, true);
    for (const { alias, parent, copy } of copies) {
      if (isPair(parent) && parent.value === alias) parent.value = copy;
      else if (isSeq(parent) && parent.items.includes(alias)) parent.items[parent.items.indexOf(alias)] = copy;
    }
  }

  /** Makes what a mapping merges its own: the value of one key, or (`all`) everything. */
  #takeOver(map: YAMLMap, key: string | null, all: boolean): void {
    const merged = this.#merged(map);
    const own = new Set(map.items.map((pair) => keyText(pair)));
    const taken = all ? [...merged] : [...merged].filter(([name]) => name === key);
    if (all) map.items = map.items.filter((pair) => !isMerge(pair));
    for (const [name, value] of taken) if (!own.has(name)) map.add(this.#document.createPair(name, value));
    if (all || taken.length > 0) this.changed = true;
  }

  /** What merge keys bring, as plain data. The first that brings a key has it (YAML 1.1, the merge key). */
  #merged(map: YAMLMap): Map<string, unknown> {
    const merged = new Map<string, unknown>();
    for (const pair of map.items.filter(isMerge)) {
      const value = this.#resolved(pair.value);
      for (const source of isSeq(value) ? value.items : [value]) {
        const data = plain(this.#resolved(source) as Node, this.#document) as Record<string, unknown>;
        for (const [name, one] of Object.entries(data)) if (!merged.has(name)) merged.set(name, one);
      }
    }
    return merged;
  }

  #valueIn(map: YAMLMap, key: string): unknown {
    const pair = map.items.find((one) => !isMerge(one) && keyText(one) === key);
    if (pair !== undefined) return pair.value;
    if (!this.#shares) return undefined;
    for (const merge of map.items.filter(isMerge)) {
      const value = this.#resolved(merge.value);
      for (const source of isSeq(value) ? value.items : [value]) {
        const node = this.#resolved(source);
        const found = isMap(node) ? this.#valueIn(node, key) : undefined;
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  #resolved(node: unknown): unknown {
    return isAlias(node) ? node.resolve(this.#document) : node;
  }

  /** Written out, without anchors or comments: those stay with the original. */
  #copy(target: Node): Node {
    this.changed = true;
    return this.#document.createNode(plain(target, this.#document), { aliasDuplicateObjects: false });
  }

  #uses(): Use[] {
    const uses: Use[] = [];
    const targets = aliasTargets(this.#document);
    visit(this.#document, {
      Alias: (_, alias, parents) => {
        const target = targets.get(alias);
        if (target !== undefined) uses.push({ alias, target, parents: [...parents] });
      },
    });
    return uses;
  }

  #merges(): boolean {
    let found = false;
    visit(this.#document, {
      Pair: (_, pair) => {
        if (!isMerge(pair)) return undefined;
        found = true;
        return visit.BREAK;
      },
    });
    return found;
  }
}

export function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

/** A merge key is written as such, or has a tag. */
function mayMerge(text: string): boolean {
  return text.includes(MERGE_KEY) || text.includes('!');
}

function isMerge(pair: unknown): boolean {
  if (!isPair(pair) || !isScalar(pair.key)) return false;
  const { value, type } = pair.key;
  return (value === MERGE_KEY && (type === undefined || type === Scalar.PLAIN)) || typeof value === 'symbol';
}

function valueOf(holder: Holder, step: string | number): Node | undefined {
  const value = isSeq(holder)
    ? holder.items[Number(step)]
    : holder.items.find((pair) => keyText(pair) === String(step) && !isMerge(pair))?.value;
  return isNode(value) ? value : undefined;
}

function put(holder: Holder, step: string | number, node: Node): void {
  if (isSeq(holder)) holder.items[Number(step)] = node;
  else {
    const pair = holder.items.find((one) => keyText(one) === String(step));
    if (pair !== undefined) pair.value = node;
  }
}

function plain(node: Node, document: Document.Parsed): unknown {
  return node.toJS(document, { maxAliasCount: ALIAS_COUNT_MAX }) as unknown;
}
