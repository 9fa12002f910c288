import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Circuits } from '../health/circuits.ts';
import { CircuitState } from '../health/circuit.ts';
import { AdminState, HealthState } from '../health-state.ts';
import { createPrng } from '../math/prng.ts';
import { Outcome } from '../outcome.ts';
import { STRATEGIES } from '../strategies/index.ts';
import { replayPick } from '../strategies/replay.ts';
import type { StrategyDefinition } from '../strategy.ts';
import { DrawTape } from './draw-tape.ts';
import { EXCLUSIONS } from './exclusion.ts';
import { Members, type SlotViews } from './members.ts';
import { EXCLUDED_MAX, PickRecorder, type PickRecord } from './pick-recorder.ts';
import { Selector } from './selector.ts';
import { Tried, UNTRIED } from './tried.ts';

const FULL = 4;
const CIRCUIT = {
  consecutiveFailures: 3,
  failureRatio: 0.5,
  minRequests: 1000,
  windowMs: 10_000,
  outlier: false,
  openForMs: 1000,
  maxOpenForMs: 8000,
  trials: 1,
  maxOpen: 0.9,
  trialMs: 1000,
};

/** A selector over plain memory, with one worker; tiers by position. */
class Rig {
  readonly views: SlotViews;
  readonly selector: Selector;
  readonly circuits: Circuits;
  readonly recorder: PickRecorder;
  readonly definition: StrategyDefinition;
  readonly inFlight: number[] = [];

  constructor(definition: StrategyDefinition, tiers: readonly number[], seed: number) {
    const size = tiers.length + 1;
    const i32 = (): Int32Array => new Int32Array(size);
    this.definition = definition;
    this.views = {
      total: i32(),
      weight: new Float64Array(size).fill(1),
      health: i32().fill(HealthState.healthy),
      admin: i32(),
      generation: i32(),
      epoch: i32(),
      begin: (_, slot) => this.views.total[slot]!++,
      settle: (_, slot) => void this.views.total[slot]!--,
      moveEpoch: () => void this.views.epoch[0]!++,
    };
    const tape = new DrawTape(createPrng(seed));
    const members = new Members(tiers.map((tier, at) => ({ slot: at + 1, tier })), this.views); // prettier-ignore
    this.circuits = new Circuits(
      CIRCUIT,
      {
        words: i32(),
        since: new Int32Array(2 * size),
        lock: i32(),
        elsewhere: i32(),
        windows: [new Float64Array(64 * size)],
      },
      members,
      0,
      () => this.views.moveEpoch(),
    );
    this.recorder = new PickRecorder(tape);
    this.selector = new Selector({
      members,
      strategy: definition.create({
        params: Object.fromEntries(definition.params.map((param) => [param.name, param.default])),
        inFlight: this.views.total,
        weight: this.views.weight,
        rows: Object.fromEntries(definition.memory.rows.map((name) => [name, [new Float64Array(size)]])),
        words: Object.fromEntries(definition.memory.words.map((name) => [name, new Int32Array(1)])),
        worker: 0,
        random: tape.random,
        nameOf,
      }),
      keyed: definition.key !== null,
      circuits: this.circuits,
      inFlightMax: FULL,
      panicThreshold: 0,
      worker: 0,
      random: tape.random,
      onPanic: () => {},
    });
  }

  take(nowMs: number, tried: Tried = UNTRIED, key = 0): PickRecord {
    this.selector.recorder = this.recorder;
    const slot = this.selector.take(key, nowMs, tried, true, true);
    this.selector.recorder = null;
    return this.selector.record(this.recorder, slot, this.definition.explains);
  }

  again(record: PickRecord): number | null {
    const params = Object.fromEntries(this.definition.params.map((param) => [param.name, param.default]));
    return replayPick(this.definition, params, record, nameOf);
  }
}

const nameOf = (slot: number): string => `10.0.0.${slot}:80`;
const LEAST = STRATEGIES.find(({ key, memory }) => key === null && memory.words.length === 1) as StrategyDefinition;
const whys = ({ excluded }: PickRecord): string[] =>
  Array.from(excluded, (cell, at) => (at % 2 === 0 ? `${cell}` : (EXCLUSIONS[cell] as string)));

test('each member that is left out has its reason', () => {
  const rig = new Rig(LEAST, [0, 0, 0, 0, 0, 0, 0, 1], 1);
  const { views } = rig;
  views.admin[2] = AdminState.draining;
  views.admin[3] = AdminState.maintenance;
  views.health[4] = HealthState.unhealthy;
  views.health[5] = HealthState.unknown;
  views.generation[6] = 1;
  for (let i = 0; i < CIRCUIT.consecutiveFailures; i++)
    rig.circuits.settle(7, rig.circuits.permit(7), false, Outcome.reset, 0);
  assert.equal(rig.circuits.permit(7) & 3, CircuitState.open);
  views.moveEpoch();
  const record = rig.take(1);
  assert.deepEqual([record.chosen, record.way, [...record.slots]], [1, 'strategy', [1]]);
  assert.deepEqual(whys(record), [
    '2', 'draining', '3', 'maintenance', '4', 'unhealthy', '5', 'not-probed', '6', 'replaced', '7', 'circuit-open', '8', 'tier',
  ]); // prettier-ignore
  const trial = rig.take(5000);
  assert.deepEqual([trial.way, trial.chosen], ['trial', 7], 'its circuit is due');
});

test('the way that led to the slot is told: narrowed, another tier, again, nobody', () => {
  const rig = new Rig(LEAST, [0, 0, 1], 1);
  rig.views.total[1] = FULL;
  const tried = new Tried(8);
  tried.add(2);
  const other = rig.take(1, tried);
  assert.deepEqual([other.way, other.chosen], ['other-tier', 3]);
  assert.deepEqual(whys(other), ['3', 'tier', '1', 'full', '2', 'tried']);
  tried.add(3);
  const again = rig.take(2, tried);
  assert.deepEqual([again.way, again.chosen, [...again.subset]], ['among', 2, [2]]);
  assert.deepEqual(whys(again), ['3', 'tier', '1', 'full'], 'what is tried once more is not left out');
  rig.views.total.fill(FULL);
  const none = rig.take(3);
  assert.deepEqual([none.way, none.chosen < 0], ['none', true]);
});

for (const definition of STRATEGIES) {
  test(`${definition.name}: picks of a run with exclusions, retries and full backends can be made again`, (t) => {
    const seed = Number(process.env['SEED'] ?? 11);
    t.diagnostic(`seed ${seed}`);
    const random = createPrng(seed);
    const below = (limit: number): number => (random() * limit) | 0;
    const rig = new Rig(definition, [0, 0, 0, 0, 0, 0, 1, 1], seed);
    const { views, selector } = rig;
    const going: { slot: number; inFlightBefore: number; permit: number; trial: boolean; answered: boolean; atMs: number }[] = []; // prettier-ignore
    const ways = new Set<string>();
    let nowMs = 0;
    for (let turn = 0; turn < 3000; turn++) {
      nowMs += random() * 20;
      if (random() < 0.05) {
        const slot = 1 + below(8);
        views.weight[slot] = 1 + below(4);
        views.admin[slot] = random() < 0.2 ? AdminState.draining : AdminState.active;
        views.health[slot] = random() < 0.2 ? HealthState.unhealthy : HealthState.healthy;
        views.moveEpoch();
      }
      const tried = new Tried(8);
      for (let i = below(3); i > 0; i--) tried.add(1 + below(8));
      const record = rig.take(nowMs, tried, definition.key === null ? 0 : (random() * 2 ** 32) >>> 0);
      ways.add(record.way);
      if (record.way === 'strategy' || record.way === 'among')
        assert.equal(rig.again(record), record.chosen, JSON.stringify(record));
      else assert.equal(rig.again(record), null);
      const { inFlightBefore, permit, trial } = selector;
      if (record.chosen >= 0) going.push({ slot: record.chosen, inFlightBefore, permit, trial, answered: false, atMs: nowMs }); // prettier-ignore
      while (going.length > 0 && (random() < 0.5 || going.length > 20)) {
        const taken = going.splice(below(going.length), 1)[0]!;
        const outcome = random() < 0.1 ? Outcome.reset : Outcome.success;
        selector.settle(taken, nowMs - taken.atMs, outcome, nowMs);
      }
    }
    t.diagnostic([...ways].join());
    // A trial of a strategy with keys is the key's own request.
    for (const way of ['strategy', 'among', 'other-tier', ...(definition.key === null ? ['trial'] : [])])
      assert.ok(ways.has(way), way);
  });
}

test('a record is bounded, and one that leaves candidates out is read and not made again', () => {
  const rig = new Rig(LEAST, [...new Array<number>(200).fill(0), ...new Array<number>(200).fill(1)], 1);
  const record = rig.take(1);
  assert.deepEqual([record.slots.length, record.moreCandidates], [128, 72]);
  assert.deepEqual([record.excluded.length / 2, record.moreExcluded], [EXCLUDED_MAX, 200 - EXCLUDED_MAX]);
  assert.ok(record.chosen > 0);
  assert.equal(rig.again(record), null);
});
