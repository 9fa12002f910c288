/**
 * The smooth weighted sequence of nginx (ngx_http_upstream_round_robin.c) written out for one whole cycle: in each turn
 * every candidate gains its weight, the first of the greatest is taken and pays the total.
 *
 * Candidates of one weight rise together and are taken in order, so only the next of each weight can be the greatest: a
 * turn costs as many steps as there are different weights, not as there are candidates.
 */

/** Longest cycle, and most steps, that are worth writing out: about a tenth of a millisecond. */
const CYCLE_MAX = 8192;
const STEPS_MAX = 65536;

/** Candidates of one weight. */
interface Rank {
  readonly weight: number;
  /** Positions, in order. */
  readonly members: number[];
  /** The member whose turn is next, and how many turns each member before it has had more than those behind. */
  next: number;
  rounds: number;
}

/**
 * One cycle of positions for these weights; null when they are not whole numbers, or their cycle is too long to be
 * written out.
 */
export function smoothSequence(count: number, weightAt: (position: number) => number): Int32Array | null {
  const ranks = new Map<number, Rank>();
  let divisor = 0;
  let total = 0;
  for (let position = 0; position < count; position++) {
    const weight = weightAt(position);
    if (!Number.isInteger(weight)) return null;
    const rank = ranks.get(weight);
    if (rank !== undefined) rank.members.push(position);
    else ranks.set(weight, { weight, members: [position], next: 0, rounds: 0 });
    divisor = greatestCommonDivisor(divisor, weight);
    total += weight;
  }
  const length = total / divisor;
  if (length > CYCLE_MAX || length * ranks.size > STEPS_MAX) return null;
  const list = [...ranks.values()];
  return Int32Array.from({ length }, (_, turn) => takeTurn(list, turn + 1, total));
}

function takeTurn(ranks: readonly Rank[], turn: number, total: number): number {
  let best = ranks[0];
  let greatest = -Infinity;
  for (const rank of ranks) {
    const current = turn * rank.weight - rank.rounds * total;
    if (current < greatest) continue;
    if (current === greatest && rank.members[rank.next] > best.members[best.next]) continue;
    greatest = current;
    best = rank;
  }
  const position = best.members[best.next];
  if (++best.next === best.members.length) {
    best.next = 0;
    best.rounds++;
  }
  return position;
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
