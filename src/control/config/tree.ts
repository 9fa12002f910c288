/** What can be done to a document, whatever it is written in, and how one becomes another in the fewest steps. */
import type { Path } from './problem.ts';

export interface Tree {
  /** Whether anything has been changed since it was read. */
  readonly changed: boolean;
  text(): string;
  /** Plain data; the caller's own. */
  data(): unknown;
  get(path: Path): unknown;
  set(path: Path, value: unknown): void;
  delete(path: Path): boolean;
  insert(path: Path, index: number, value: unknown): void;
  /** Moves an entry of the list at `path`. `to` counts once it has been taken out. */
  move(path: Path, from: number, to: number): void;
}

export type Mapping = Readonly<Record<string, unknown>>;

export const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What names an entry of a list, in the order of what is asked for. */
const NAMES = ['name', 'id', 'url', 'pool'] as const;

/** The name of an entry of a list, by which it is known wherever it stands; null when it has none. */
export function entryName(entry: unknown): string | null {
  if (!isMapping(entry)) return Array.isArray(entry) || entry === undefined ? null : JSON.stringify(entry);
  for (const key of NAMES) if (typeof entry[key] === 'string') return `${key} ${entry[key]}`;
  return null;
}

/** Deep equality of plain data; the order of keys means nothing. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((one, at) => same(one, b[at]));
  if (!isMapping(a) || !isMapping(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
}

/** Turns what stands at `path`, which is `before`, into `after`, and touches nothing that is the same in both. */
export function replaceIn(tree: Tree, path: Path, before: unknown, after: unknown): void {
  if (same(before, after)) return;
  if (isMapping(before) && isMapping(after)) {
    for (const key of Object.keys(before)) if (!Object.hasOwn(after, key)) tree.delete([...path, key]);
    for (const [key, value] of Object.entries(after)) {
      if (Object.hasOwn(before, key)) replaceIn(tree, [...path, key], before[key], value);
      else tree.set([...path, key], value);
    }
  } else if (Array.isArray(before) && Array.isArray(after)) replaceList(tree, path, before, after);
  else tree.set(path, after);
}

/** Entries are known by their names, so that one that moves takes its comments along. */
function replaceList(tree: Tree, path: Path, before: readonly unknown[], after: readonly unknown[]): void {
  const wanted = namesOf(after);
  const kept = new Set(wanted);
  const now = namesOf(before).map((name, at) => ({ name, value: before[at] }));
  for (let at = now.length - 1; at >= 0; at--) {
    if (kept.has((now[at] as { name: string }).name)) continue;
    tree.delete([...path, at]);
    now.splice(at, 1);
  }
  after.forEach((value, at) => {
    const name = wanted[at] as string;
    const from = now.findIndex((entry, place) => place >= at && entry.name === name);
    if (from === -1) {
      tree.insert(path, at, value);
      now.splice(at, 0, { name, value });
      return;
    }
    if (from !== at) {
      tree.move(path, from, at);
      now.splice(at, 0, ...now.splice(from, 1));
    }
    replaceIn(tree, [...path, at], now[at]?.value, value);
  });
}

/** One name for each entry; those that share one, or have none, are told apart by counting. */
function namesOf(list: readonly unknown[]): string[] {
  const seen = new Map<string, number>();
  return list.map((entry) => {
    const name = entryName(entry) ?? '';
    const count = seen.get(name) ?? 0;
    seen.set(name, count + 1);
    return `${count} ${name}`;
  });
}
