/** A whole balancer with two workers inside the test's process, in front of backend processes, and what it has counted. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { CircuitState, stateOf, trialsOf } from '#core/health/circuit.ts';
import { isUp, type HealthState } from '#core/health-state.ts';
import { type Outcome, OUTCOME_COUNT, OUTCOME_NAMES, isFailure } from '#core/outcome.ts';
import { P, POOL_RETRIES, SLOT_PICKS, type PoolCounter } from '#memory/counters.ts';
import { Supervisor } from '#supervisor/supervisor.ts';
import { ask } from '../../support/origin.ts';
import { draftFrom } from '../../support/supervised.ts';
import { until } from '../../support/until.ts';
import { LogRecord } from '../../support/virtual-timers.ts';

/** A backend as the configuration names it. */
export interface Named {
  readonly id: string;
  readonly url: string;
  readonly weight?: number;
  readonly tier?: number;
}

export interface RigOptions {
  readonly backends: readonly Named[];
  /**
   * Keys of the pool `app` besides its backends. Unless it says so, no probes, and round robin at full weight, so that each
   * backend gets its turn, the one that fails too: how the strategies keep away from it is tested elsewhere.
   */
  readonly pool?: object;
  /** Keys of the route besides its match and pool. */
  readonly route?: object;
  /** Further pools. */
  readonly pools?: object;
}

/** As a file would say it: `/proxy/` to the pool `app`, the rest to the control plane. No rate is limited. */
export function configFor({ backends, pool, route, pools }: RigOptions): object {
  const named = backends.map(({ id, url, weight = 1, tier = 0 }) => ({ id, url, weight, tier }));
  return {
    workers: 2,
    listeners: [{ address: '127.0.0.1:0' }],
    state: { dir: null },
    admin: { address: null, publicRead: true },
    log: { access: null },
    rateLimits: { 'per-client': null },
    routes: [
      { name: 'app', match: { path: '/proxy/' }, stripPrefix: '/proxy', rateLimits: [], pool: 'app', ...route },
      { name: 'control', match: { path: '/' }, controlPlane: true },
    ],
    pools: { app: { strategy: 'round-robin', slowStart: null, health: null, backends: named, ...pool }, ...pools },
  };
}

export class Rig {
  readonly supervisor: Supervisor;
  readonly log: LogRecord;

  private constructor(supervisor: Supervisor, log: LogRecord) {
    this.supervisor = supervisor;
    this.log = log;
  }

  static async start(t: TestContext, options: RigOptions): Promise<Rig> {
    const log = new LogRecord();
    const supervisor = new Supervisor({ draft: await draftFrom(configFor(options)), log });
    t.after(() => supervisor.stop());
    await supervisor.start();
    return new Rig(supervisor, log);
  }

  get port(): number {
    return this.supervisor.ports['public'] as number;
  }

  async reload(options: RigOptions): Promise<void> {
    assert.ok(await this.supervisor.reload(await draftFrom(configFor(options))), this.log.lines.at(-1) ?? 'refused');
  }

  slot(id: string, pool = 'app'): number {
    const backend = this.#pool(pool).backends.find((one) => one.id === id);
    assert.ok(backend, `${id} is a backend of ${pool}`);
    return backend.slot;
  }

  circuit(id: string): CircuitState {
    return stateOf(this.#word(id));
  }

  trials(id: string): number {
    return this.circuit(id) === CircuitState.halfOpen ? trialsOf(this.#word(id)) : 0;
  }

  /** Waits until the circuit of `id` is in this state. */
  async untilCircuit(id: string, state: CircuitState): Promise<void> {
    await until(`circuit of ${id} to be ${state}`, () => this.circuit(id) === state);
  }

  /** Whether probes, where there are any, call `id` up. */
  isUp(id: string): boolean {
    return isUp(this.supervisor.tables.slots.health[this.slot(id)] as HealthState);
  }

  /** Tokens in the budget of the pool `app`. */
  get budget(): number {
    return (this.supervisor.tables.pools.budget(this.#pool('app').row)[0] as number) / 1000;
  }

  inFlight(id: string): number {
    return this.supervisor.tables.slots.total[this.slot(id)] as number;
  }

  /** Attempts at `id` by how they ended, those that happened. */
  outcomes(id: string): Record<string, number> {
    const { counters } = this.supervisor.tables;
    const slot = this.slot(id);
    const counts = OUTCOME_NAMES.map((name, outcome) => [name, counters.slotCount(slot, outcome)] as const);
    return Object.fromEntries(counts.filter(([, count]) => count > 0));
  }

  outcome(id: string, outcome: Outcome): number {
    return this.supervisor.tables.counters.slotCount(this.slot(id), outcome);
  }

  /** Attempts at `id` that failed. */
  failures(id: string): number {
    let sum = 0;
    for (let outcome = 0; outcome < OUTCOME_COUNT; outcome++)
      if (isFailure(outcome as Outcome)) sum += this.outcome(id, outcome as Outcome);
    return sum;
  }

  picks(id: string): number {
    return this.supervisor.tables.counters.slotCount(this.slot(id), SLOT_PICKS);
  }

  counted(counter: PoolCounter, pool = 'app'): number {
    return this.supervisor.tables.counters.poolCount(this.#pool(pool).row, P[counter]);
  }

  /** Attempts made again in the pool `app`. */
  get retries(): number {
    let sum = 0;
    for (let outcome = 0; outcome < OUTCOME_COUNT; outcome++)
      sum += this.supervisor.tables.counters.poolCount(this.#pool('app').row, POOL_RETRIES + outcome);
    return sum;
  }

  /** Nothing is in flight, waits, or is on trial any more. */
  async quiet(): Promise<void> {
    const { counters, slots, circuits } = this.supervisor.tables;
    await until('all exchanges to end', () => counters.global('inFlight') === 0);
    await until('all attempts to end', () => slots.total.every((count) => count === 0), 20_000);
    for (const row of slots.rows)
      assert.ok(
        row.every((count) => count === 0),
        'a worker counts what is no more',
      );
    for (const word of circuits.words)
      if (stateOf(word) === CircuitState.halfOpen) assert.equal(trialsOf(word), 0, 'a trial was left behind');
  }

  /** Waits until operators can see that the circuit of `id` opened: by its name, in the log, the admin API and the metrics. */
  async untilSeenOpen(id: string): Promise<void> {
    await until('the log to say it', () =>
      this.log.lines.some((line) => line.includes(`circuit of app/${id} is open: `)),
    );
    await until('the admin API to say it', async () => {
      const { pools } = JSON.parse(await this.read('/admin/backends')) as {
        pools: { name: string; backends: { id: string; circuit: string }[] }[];
      };
      const pool = pools.find(({ name }) => name === 'app');
      return pool?.backends.find((backend) => backend.id === id)?.circuit === 'open';
    });
    const labels = `pool="app",backend="${id}"`;
    await until('the metrics to say it', async () => {
      const metrics = await this.read('/metrics');
      return (
        metrics.includes(`edgebalancer_circuit_state{${labels}} 1\n`) &&
        new RegExp(`^edgebalancer_circuit_transitions_total\\{${labels},to="open"\\} [1-9]`, 'm').test(metrics)
      );
    });
  }

  /** What the control plane answers. */
  async read(path: string): Promise<string> {
    const { status, body } = await ask(this.port, path);
    assert.equal(status, 200, body);
    return body;
  }

  #pool(name: string): Supervisor['plan']['pools'][number] {
    const pool = this.supervisor.plan.pools.find((one) => one.name === name);
    assert.ok(pool, `there is a pool ${name}`);
    return pool;
  }

  #word(id: string): number {
    return this.supervisor.tables.circuits.words[this.slot(id)] as number;
  }
}
