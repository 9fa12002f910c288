/** Which of a route's pools a request goes to. */
import type { RoutePlan } from '../plan.ts';

/** The pool (an index into `Plan.pools`) that owns `random`, uniform in [0, 1), when each owns its share of the weights. */
export function chooseSplit(split: RoutePlan['split'], random: number): number {
  let total = 0;
  for (const part of split) total += part.weight;
  let left = random * total;
  let chosen = -1;
  for (const part of split) {
    if (part.weight <= 0) continue;
    chosen = part.pool;
    left -= part.weight;
    if (left < 0) break;
  }
  return chosen;
}
