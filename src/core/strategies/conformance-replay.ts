/** The part of the conformance suite that holds every strategy to its records: read, and made again, they tell the pick. */
import { PickRecorder, type PickRecord } from '../balancing/pick-recorder.ts';
import { mix32 } from '../math/hash.ts';
import { createPrng } from '../math/prng.ts';
import { Outcome } from '../outcome.ts';
import { EXPLAINED_MAX, type StrategyDefinition } from '../strategy.ts';
import { replayPick } from './replay.ts';
import { nameOfSlot, TestPool } from './test-pool.ts';

const ROUNDS = 60;
const TURNS = 40;
const WORKERS = 3;

export function declaresExplanations({ explains }: StrategyDefinition): void {
  const { score, inputs, state } = explains;
  if (score === '') throw new Error('a score is not said to be anything');
  for (const names of [inputs, state]) {
    if (names.length > EXPLAINED_MAX) throw new Error(`${names.length} numbers; ${EXPLAINED_MAX} at most`);
    if (new Set(names).size !== names.length) throw new Error(`a name twice among ${names.join()}`);
  }
}

/** Picks of a run with random weights, loads, latencies, outcomes and exclusions, each with its record unless `recorder` is null. */
function* fuzzedPicks(
  definition: StrategyDefinition,
  seed: number,
  recorded: boolean,
): Generator<{ readonly slot: number; readonly record: PickRecord | null }> {
  const random = createPrng(seed);
  const below = (limit: number): number => (random() * limit) | 0;
  const outcomes = Object.values(Outcome);
  const pool = new TestPool(definition, { capacity: 128, workers: WORKERS, seed });
  const recorders = pool.tapes.map((tape) => new PickRecorder(tape));
  const { inputs, state } = definition.explains;
  for (let round = 0; round < ROUNDS; round++) {
    // Above 64, consistent-hash asks its table.
    const most = round % 6 === 0 ? 120 : 12;
    const slots = Array.from({ length: most }, (_, slot) => slot).filter(() => random() < 0.75);
    if (slots.length === 0) continue;
    const weights = Object.fromEntries(slots.map((slot) => [slot, random() < 0.5 ? 1 + below(6) : 0.1 + random()]));
    pool.update(slots, round % 3 === 0 ? {} : weights);
    for (let turn = 0; turn < TURNS; turn++) {
      const worker = below(WORKERS);
      const recorder = recorders[worker] as PickRecorder;
      const strategy = pool.strategies[worker];
      const key = definition.key === null ? 0 : mix32(below(1e9));
      const subset = slots.filter(() => random() < 0.5);
      const among = random() < 0.4 && subset.length > 0;
      const views = { total: pool.inFlight, weight: pool.weight };
      const candidates = Int32Array.from(slots);
      if (recorded) {
        recorder.begin(strategy, candidates, slots.length, { views }, key, pool.nowMs);
        recorder.ask(strategy, among ? Int32Array.from(subset) : null, subset.length);
      }
      const slot = among ? pool.pickAmong(subset, worker, key) : pool.pick(worker, key);
      const record = recorded ? recorder.take(slot, false, false, inputs.length, state.length) : null;
      const answer = { latencyMs: random() * 80 * (1 + (slot % 4)), outcome: outcomes[below(outcomes.length)] };
      pool.begin(slot, answer, worker);
      yield { slot, record };
      pool.advance(random() < 0.05 ? 1500 : random() * 15);
    }
  }
}

export function reproducesPicks(definition: StrategyDefinition, seed: number): void {
  const params = Object.fromEntries(definition.params.map((param) => [param.name, param.default]));
  for (const { slot, record } of fuzzedPicks(definition, seed, true)) {
    const again = replayPick(definition, params, record as PickRecord, nameOfSlot);
    if (again !== slot) throw new Error(`picked ${slot}, and ${again} from its record ${JSON.stringify(record)}`);
  }
}

export function explainsWithoutTrace(definition: StrategyDefinition, seed: number): void {
  const picks = (recorded: boolean): string =>
    [...fuzzedPicks(definition, seed, recorded)].map(({ slot }) => slot).join();
  if (picks(true) !== picks(false)) throw new Error('recording has changed a pick');
}
