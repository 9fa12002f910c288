/**
 * Makes a recorded pick again: a strategy of the same kind over memory of its own, told the candidates, weights, requests in
 * flight and numbers drawn of the record, and what it had learned. It is asked what it was asked then.
 */
import type { PickRecord } from '../balancing/pick-recorder.ts';
import type { ParamValues, PickView, StrategyDefinition } from '../strategy.ts';

/** What it picks; null: the record does not hold all that it would have to, or the strategy was not what decided. */
export function replayPick(
  definition: StrategyDefinition,
  params: ParamValues,
  record: PickRecord,
  nameOf: (slot: number) => string,
): number | null {
  const { way, slots, subset, key, nowMs } = record;
  const asked = way === 'strategy' || way === 'among';
  if (!asked || slots.length === 0 || record.moreCandidates > 0 || !record.drawsWhole) return null;
  const size = slots.reduce((most, slot) => Math.max(most, slot), 0) + 1;
  const inFlight = new Int32Array(size);
  const weight = new Float64Array(size).fill(1);
  for (const [at, slot] of slots.entries()) {
    inFlight[slot] = record.inFlight[at];
    weight[slot] = record.weight[at];
  }
  let drawn = 0;
  let short = false;
  const strategy = definition.create({
    params,
    inFlight,
    weight,
    rows: Object.fromEntries(definition.memory.rows.map((name) => [name, [new Float64Array(size)]])),
    words: Object.fromEntries(definition.memory.words.map((name) => [name, new Int32Array(1)])),
    worker: 0,
    random: () => {
      if (drawn < record.draws.length) return record.draws[drawn++];
      short = true;
      return 0;
    },
    nameOf,
  });
  strategy.update(slots, slots.length, nowMs);
  drawn = 0;
  short = false;
  strategy.restore?.(slots, slots.length, viewOf(definition, record));
  const slot = way === 'strategy' ? strategy.pick(key, nowMs) : strategy.pickAmong(subset, subset.length, key, nowMs);
  return short ? null : slot;
}

function viewOf({ explains }: StrategyDefinition, { slots, score, inputs, state }: PickRecord): PickView {
  const count = slots.length;
  return { score, inputs: explains.inputs.map((_, at) => inputs.subarray(at * count, (at + 1) * count)), state };
}
