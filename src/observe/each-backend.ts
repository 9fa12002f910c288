/** Samples of every backend of a plan: their lines are made once for each plan and family, and kept (line-block.ts). */
import type { BackendPlan, Plan, PoolPlan } from '#core/plan.ts';
import type { Exposition } from './exposition.ts';
import { LabelSet, type Labels } from './label-set.ts';
import { LineBlock } from './line-block.ts';
import { userPools } from './observed.ts';

/** One of the lines that each backend has in a family: what follows the family's name, and labels behind pool and backend. */
export interface BackendLine {
  readonly suffix: string;
  readonly labels: (pool: PoolPlan) => Labels;
}

/** Sets a backend's values from `at` on, one for each of its lines. NaN: the line is left out. */
export type Fill = (backend: BackendPlan, values: Float64Array, at: number) => void;

/** A backend has one line, without further labels. */
export const ONE_LINE: readonly BackendLine[] = [{ suffix: '', labels: () => ({}) }];

/** A backend has a line for each of a label's values. */
export function linesBy(label: string, values: readonly string[], suffix = ''): readonly BackendLine[] {
  return values.map((value) => ({ suffix, labels: () => ({ [label]: value }) }));
}

interface Part {
  readonly block: LineBlock;
  readonly backends: readonly BackendPlan[];
}

/** Backends of one block: when a value grows by a digit, the lines of so many are laid out anew. */
const PART_BACKENDS = 32;

const known = new WeakMap<Plan, Map<string, readonly Part[]>>();

/** Writes the lines of every backend into the family that was begun last. A family has the same `lines` each time. */
export function eachBackend(out: Exposition, plan: Plan, lines: readonly BackendLine[], fill: Fill): void {
  for (const { block, backends } of partsOf(plan, out.name, lines)) {
    for (let at = 0; at < backends.length; at++) fill(backends[at] as BackendPlan, block.values, at * lines.length);
    out.block(block);
  }
}

function partsOf(plan: Plan, metric: string, lines: readonly BackendLine[]): readonly Part[] {
  const families = known.get(plan) ?? new Map<string, readonly Part[]>();
  known.set(plan, families);
  const parts = families.get(metric) ?? userPools(plan).flatMap((pool) => partsOfPool(pool, metric, lines));
  families.set(metric, parts);
  return parts;
}

function partsOfPool(pool: PoolPlan, metric: string, lines: readonly BackendLine[]): Part[] {
  const more = lines.map(({ suffix, labels }) => ({ name: `${metric}${suffix}`, labels: LabelSet.of(labels(pool)) }));
  const own = LabelSet.of({ pool: pool.name });
  const parts: Part[] = [];
  for (let from = 0; from < pool.backends.length; from += PART_BACKENDS) {
    const backends = pool.backends.slice(from, from + PART_BACKENDS);
    const starts = backends.flatMap(({ id }) => {
      const labels = own.with('backend', id);
      return more.map((line) => labels.and(line.labels).startOf(line.name));
    });
    parts.push({ block: new LineBlock(starts), backends });
  }
  return parts;
}
