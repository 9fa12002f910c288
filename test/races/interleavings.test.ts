/** Orders in which workers may interrupt each other, drawn from seeds: what holds between steps must hold in all of them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CircuitState, generationOf, goodOf, stateOf, streakOf, trialsOf } from '#core/health/circuit.ts';
import { CircuitCause } from '#core/health/circuits.ts';
import { RetryBudget } from '#core/limits/retry-budget.ts';
import { createPrng } from '#core/math/prng.ts';
import { Outcome } from '#core/outcome.ts';
import { SmallPool, type Taken } from '../support/small-pool.ts';
import { withPreemption } from './preemption.ts';

const WORKERS = 3;
const SLOTS = 4;
const STEPS = 250;
const RUNS = 400;
const SHARE = 0.12;

/** One pool, its workers, and what each has going on. */
class Contest {
  readonly pool: SmallPool;
  readonly busy: number[] = [];
  readonly #random: () => number;
  readonly #going: Taken[] = [];
  readonly #trials: number;
  readonly #maxOpen: number;

  constructor(seed: number) {
    this.#random = createPrng(seed);
    this.#trials = 1 + this.#below(3);
    this.#maxOpen = [0, 0.5, 1][this.#below(3)]!;
    this.pool = new SmallPool({
      tiers: new Array<number>(SLOTS).fill(0),
      workers: WORKERS,
      circuit: {
        trials: this.#trials,
        maxOpen: this.#maxOpen,
        consecutiveFailures: 2,
        openForMs: 10,
        maxOpenForMs: 40,
      },
    });
  }

  get random(): () => number {
    return this.#random;
  }

  /** While a worker is held up in the middle of a step, others take some of theirs, and time passes. */
  interrupt(): void {
    for (let steps = 1 + this.#below(4); steps > 0; steps--) {
      if (this.#random() < 0.3) this.pool.nowMs += this.#random() * 40;
      this.step();
    }
  }

  /** A step of some worker that is not in the middle of one. */
  step(): void {
    const idle = Array.from({ length: WORKERS }, (_, worker) => worker).filter((worker) => !this.busy.includes(worker));
    const worker = idle[this.#below(idle.length)]!;
    this.busy.push(worker);
    if (this.#random() < 0.5 || this.#going.length === 0) {
      const taken = this.pool.take({ worker, repeatable: this.#random() < 0.9 });
      if (typeof taken !== 'number') this.#going.push(taken);
    } else {
      const own = this.#going.filter((one) => one.worker === worker);
      const ends = own[this.#below(own.length)];
      if (ends !== undefined) {
        this.#going.splice(this.#going.indexOf(ends), 1);
        const outcome = [Outcome.success, Outcome.reset, Outcome.reset, Outcome.cancelled][this.#below(4)]!;
        this.pool.settle(ends, outcome);
      }
    }
    this.busy.pop();
  }

  /** Holds when no worker is in the middle of a step. */
  check(): void {
    const { words, lock } = this.pool.tables.circuits;
    const changes = this.pool.events.filter(
      ({ cause }) => cause !== CircuitCause.last && cause !== CircuitCause.maxOpen,
    );
    let open = 0;
    for (let slot = 0; slot < SLOTS; slot++) {
      const word = words[slot]!;
      const generation = generationOf(word);
      const told = changes.filter((event) => event.slot === slot).length;
      assert.equal(generation, told, `slot ${slot}: ${told} changes were told of`);
      if (stateOf(word) !== CircuitState.closed) open += 1;
      else assert.ok(streakOf(word) <= 10_000);
      if (stateOf(word) !== CircuitState.halfOpen) continue;
      const going = this.#going.filter(
        (one) => one.slot === slot && one.trial && generationOf(one.permit) === generation,
      );
      assert.equal(trialsOf(word), going.length, `slot ${slot}: trials that go on`);
      assert.ok(trialsOf(word) + goodOf(word) <= this.#trials);
    }
    assert.ok(open <= Math.max(1, Math.floor(this.#maxOpen * SLOTS)), `${open} are open`);
    assert.ok(open < SLOTS, 'the last one stays');
    assert.equal(lock[0], 0);
    const { total } = this.pool.tables.slots;
    for (let slot = 0; slot < SLOTS; slot++)
      assert.equal(total[slot], this.#going.filter((one) => one.slot === slot).length, 'in flight');
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
}

describe('workers that interrupt each other', () => {
  test('circuits change by rule, are told of once, and keep their counts', (t) => {
    const first = Math.floor(Math.random() * 1e9);
    t.diagnostic(`seeds ${first} to ${first + RUNS - 1}`);
    for (let seed = first; seed < first + RUNS; seed++) {
      const contest = new Contest(seed);
      try {
        for (let step = 0; step < STEPS; step++) {
          const { random, busy } = contest;
          const preemption = { random, share: SHARE, step: () => contest.interrupt(), busy };
          withPreemption(preemption, () => contest.step());
          contest.pool.nowMs += contest.random() * 8;
          contest.check();
        }
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
    }
  });

  test('bug: a worker held up before it opened a circuit opened one that had been tried and closed meanwhile', () => {
    const pool = new SmallPool({ workers: 2, circuit: { consecutiveFailures: 2 } });
    pool.fail(1);
    const heldUp = pool.nowMs;
    let turns = 0;
    const meanwhile = (): void => {
      // Just before worker 0 takes the lock: its own failure has been counted.
      if (streakOf(pool.tables.circuits.words[1]!) < 2 || turns++ > 0) return;
      pool.fail(1, 1, 1);
      pool.nowMs += 2 * pool.plan.openForMs;
      pool.settle(pool.taken({ worker: 1 }), Outcome.success);
    };
    withPreemption({ random: () => 0, share: 1, step: meanwhile, busy: [0] }, () =>
      pool.circuits[0]!.settle(1, pool.circuits[0]!.permit(1), false, Outcome.reset, heldUp),
    );
    assert.equal(turns > 0, true);
    assert.deepEqual(
      pool.events.map(({ cause }) => cause),
      [CircuitCause.streak, CircuitCause.due, CircuitCause.recovered],
    );
    assert.ok(pool.circuits[0]!.isClosed(1));
  });

  test('a retry budget is spent once', (t) => {
    const seed = Math.floor(Math.random() * 1e9);
    t.diagnostic(`seed ${seed}`);
    const random = createPrng(seed);
    for (let run = 0; run < 200; run++) {
      const cells = new Int32Array(2);
      const budgets = Array.from(
        { length: WORKERS },
        () => new RetryBudget({ budgetShare: 0.5, budgetPerSecond: 5 }, cells),
      );
      const busy: number[] = [];
      let [attempts, taken] = [0, 0];
      const step = (): void => {
        const worker = [0, 1, 2].find((one) => !busy.includes(one))!;
        busy.push(worker);
        if (random() < 0.6) {
          attempts += 1;
          budgets[worker]!.attempt();
        } else if (budgets[worker]!.take(9_000)) taken += 1;
        busy.pop();
      };
      for (let turn = 0; turn < 200; turn++) withPreemption({ random, share: 0.3, step, busy }, step);
      assert.ok(taken <= 5 + attempts * 0.5, `${taken} retries for ${attempts} first attempts`);
    }
  });
});
