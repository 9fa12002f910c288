/**
 * Which figures of an answer nobody has given. A model may only quote: whatever number it states must be one that a tool has
 * returned, or that the question holds, at the exactness it is stated with and of the same kind (a latency is no share). What it has
 * worked out by itself is marked too: the tools give differences and shares, and sums in the head are where models go wrong.
 */
import type { UncitedFigure } from '#contract/copilot.ts';
import { knownFigures, type FigureKind, type KnownFigures } from './known-figures.ts';
import { statedFigures, type StatedFigure } from './stated-figures.ts';

export interface Grounding {
  /** Figures that the text states. */
  readonly stated: number;
  readonly uncited: readonly UncitedFigure[];
}

/** `sources`: results of tools and the question, as they were given to the model. */
export function groundingOf(text: string, sources: readonly unknown[]): Grounding {
  const known = knownFigures(sources);
  const sorted = byKind(known);
  const stated = statedFigures(text);
  const uncited = stated
    .filter((figure) => (figure.value === null ? !isSaid(figure.text, known) : !isGiven(figure, figure.value, sorted)))
    .map(({ text: words, from, to }) => ({ text: words, from, to }));
  return { stated: stated.length, uncited };
}

function isSaid(words: string, { texts }: KnownFigures): boolean {
  return texts.some((text) => text.includes(words));
}

function byKind({ figures }: KnownFigures): ReadonlyMap<FigureKind, readonly number[]> {
  const lists = new Map<FigureKind, number[]>();
  for (const { kind, value } of figures) {
    const list = lists.get(kind);
    if (list === undefined) lists.set(kind, [Math.abs(value)]);
    else list.push(Math.abs(value));
  }
  for (const list of lists.values()) list.sort((a, b) => a - b);
  return lists;
}

function isGiven(
  { kinds, within }: StatedFigure,
  value: number,
  known: ReadonlyMap<FigureKind, readonly number[]>,
): boolean {
  // A binary fraction may lie a hair beside the middle of two decimals.
  const slack = within * (1 + 1e-9) + 1e-12;
  return kinds.some((kind) => {
    const list = known.get(kind) ?? [];
    const at = firstFrom(list, value - slack);
    const next = list[at];
    return next !== undefined && next <= value + slack;
  });
}

/** Index of the first that is not below `least`. */
function firstFrom(sorted: readonly number[], least: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
