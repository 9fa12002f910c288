/**
 * One slip should not hide the next: where parts of the data are refused, they are cut out until the rest is accepted, so that
 * the checks across parts can look at the rest.
 */
import type { Path } from './problem.ts';

/** Each round cuts at least one part that another part needed; real files need one or two. */
const ROUNDS_MAX = 8;

interface Judgement<T> {
  readonly value: T | null;
  /** What is refused; empty when there is a value. */
  readonly refused: readonly Path[];
}

export interface Salvaged<T> {
  readonly value: T | null;
  readonly cut: readonly Path[];
}

export function salvage<T>(
  data: unknown,
  refused: readonly Path[],
  judge: (data: unknown) => Judgement<T>,
): Salvaged<T> {
  const rest = structuredClone(data);
  const cut: Path[] = [];
  let pending = refused;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    for (const path of pending) cut.push(remove(rest, path));
    const judgement = judge(rest);
    if (judgement.value !== null || cut.some((path) => path.length === 0)) return { value: judgement.value, cut };
    pending = judgement.refused;
  }
  return { value: null, cut };
}

/** Takes out what stands at `path`; where nothing does, something is missing there and what holds it goes. */
function remove(data: unknown, path: Path): Path {
  for (let length = path.length; length > 0; length--) {
    const parent = at(data, path.slice(0, length - 1));
    const key = path[length - 1];
    // Entries of lists are known by their position, so the whole list goes.
    if (typeof parent !== 'object' || parent === null || Array.isArray(parent) || !Object.hasOwn(parent, key)) continue;
    delete (parent as Record<string | number, unknown>)[key];
    return path.slice(0, length);
  }
  return [];
}

function at(data: unknown, path: Path): unknown {
  let value = data;
  for (const step of path)
    value = typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[step] : undefined;
  return value;
}

/** Whether anything that was cut out holds one of `paths`, or is part of it. */
export function touches(cut: readonly Path[], paths: readonly Path[]): boolean {
  return cut.some((one) => paths.some((path) => startsWith(one, path) || startsWith(path, one)));
}

function startsWith(path: Path, start: Path): boolean {
  return start.every((step, index) => path[index] === step);
}
