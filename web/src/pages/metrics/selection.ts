/** Which backends were picked, as shares of each step: the busiest by name, all others together. */
import type { HistoryAnswer } from '#contract/history.ts';

/** More lines cannot be told apart. */
const NAMED_MAX = 5;
export const OTHERS = 'all others';

export interface Selected {
  readonly name: string;
  /** Picks in the whole range. */
  readonly picks: number;
  /** For each of `at`, of 1; null where nobody was picked. */
  readonly shares: readonly (number | null)[];
}

/** `pool`: of it alone; null: of all. The busiest first, `OTHERS` last. */
export function selectionOf({ at, backendSelection }: HistoryAnswer, pool: string | null): Selected[] {
  const all = Object.entries(backendSelection)
    .filter(([name]) => pool === null || name.startsWith(`${pool}/`))
    .map(([name, counts]) => ({ name, counts, picks: sum(counts) }))
    .filter(({ picks }) => picks > 0)
    .sort((a, b) => b.picks - a.picks || a.name.localeCompare(b.name));
  const totals = at.map((_, step) => all.reduce((total, { counts }) => total + (counts[step] ?? 0), 0));
  const named = all.length <= NAMED_MAX + 1 ? all : all.slice(0, NAMED_MAX);
  const rest = all.slice(named.length);
  const lines = rest.length === 0 ? named : [...named, togetherOf(rest, at.length)];
  return lines.map(({ name, counts, picks }) => ({
    name,
    picks,
    shares: totals.map((total, step) => (total === 0 ? null : (counts[step] ?? 0) / total)),
  }));
}

function togetherOf(rest: readonly { readonly counts: readonly number[]; readonly picks: number }[], steps: number) {
  const counts = Array.from({ length: steps }, (_, step) =>
    rest.reduce((total, one) => total + (one.counts[step] ?? 0), 0),
  );
  return { name: OTHERS, counts, picks: sum(rest.map(({ picks }) => picks)) };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
