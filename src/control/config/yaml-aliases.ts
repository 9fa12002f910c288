/**
 * What aliases stand for, and where nodes are, each found in one walk. The library walks the whole document for every alias,
 * and looking for an entry in its list for every entry is as bad: both take minutes for a file of a few megabytes.
 */
import {
  isAlias,
  isPair,
  isScalar,
  isSeq,
  visit,
  type Alias,
  type Document,
  type Node,
  type Pair,
  type YAMLSeq,
} from 'yaml';
import type { Path } from './problem.ts';

/**
 * Whether a text may hold an alias at all. Most hold none, and a walk of the whole document for each that there could be is a
 * tenth of what a change costs.
 */
export function mayAlias(text: string): boolean {
  return text.includes('*');
}

/** The last anchor of its name before each alias (YAML 1.2.2, section 7.1); an alias that leads nowhere is not among them. */
export function aliasTargets(document: Document): ReadonlyMap<Alias, Node> {
  const anchored = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Node: (_, node) => {
      if (isAlias(node)) {
        const target = anchored.get(node.source);
        if (target !== undefined) targets.set(node, target);
      } else if (node.anchor !== undefined) anchored.set(node.anchor, node);
    },
  });
  return targets;
}

/** Of lists in which places were asked for. What is looked at must not change its lists meanwhile. */
export class Places {
  readonly #indexes = new WeakMap<YAMLSeq, ReadonlyMap<unknown, number>>();

  /** The path that the last of `ancestors`, which begin with the document, is at. */
  pathOf(ancestors: readonly unknown[]): Path {
    const path: (string | number)[] = [];
    ancestors.forEach((node, at) => {
      const child = ancestors[at + 1];
      if (isPair(node)) path.push(keyText(node));
      else if (isSeq(node) && child !== undefined) path.push(this.#indexOf(node, child));
    });
    return path;
  }

  #indexOf(list: YAMLSeq, entry: unknown): number {
    let indexes = this.#indexes.get(list);
    if (indexes === undefined) {
      indexes = new Map(list.items.map((item, at) => [item, at]));
      this.#indexes.set(list, indexes);
    }
    return indexes.get(entry) ?? -1;
  }
}

/** '' for a key that is no plain text. */
export function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : '';
}
