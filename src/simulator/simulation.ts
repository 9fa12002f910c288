/**
 * A discrete-event simulation of balancers in front of backends: a virtual clock, requests that arrive whether or not
 * earlier ones were answered (open loop), and the very strategy code that serves live traffic, over plain memory.
 *
 * Chance comes from separate streams (arrivals, work, keys, fates, picks), so every strategy sees the same requests at the same
 * times with the same work: what differs between two runs of one seed is where the requests went, nothing else.
 * Left out: the network, connection limits, retries and circuits. A request has one attempt.
 */
import { mix32 } from '#core/math/hash.ts';
import { createPrng } from '#core/math/prng.ts';
import { Outcome } from '#core/outcome.ts';
import type { ParamValues, Strategy, StrategyDefinition } from '#core/strategy.ts';
import { SimulatedBackend } from './backend.ts';
import { EventQueue } from './event-queue.ts';
import type { Scenario } from './scenarios.ts';

export interface SimulationOptions {
  readonly seed: number;
  /** Parameters that differ from the strategy's defaults. */
  readonly params?: ParamValues;
  /** Balancers that know nothing of each other. */
  readonly balancers?: number;
  /** Workers of each balancer, which share its memory. */
  readonly workers?: number;
}

/** What became of the requests, in order of arrival. */
export interface SimulationResult {
  readonly scenario: Scenario;
  readonly arrivedMs: Float64Array;
  readonly latencyMs: Float64Array;
  readonly slot: Int32Array;
  /** `Outcome` of each. */
  readonly outcome: Uint8Array;
}

/** Simulated backends may be fewer than the slots; slots are not positions, so that mixing them up shows. */
const SLOT_OFFSET = 3;
const SLOW_START_STEP_MS = 250;

type Event =
  | { readonly kind: 'done'; readonly request: number }
  | { readonly kind: 'refresh'; readonly worker: number }
  | { readonly kind: 'membership' };

/** Memory of one balancer and the strategies of its workers. */
interface Balancer {
  readonly inFlight: Int32Array;
  readonly weight: Float64Array;
  readonly strategies: readonly Strategy[];
}

export function simulate(
  definition: StrategyDefinition,
  scenario: Scenario,
  options: SimulationOptions,
): SimulationResult {
  return new Simulation(definition, scenario, options).run();
}

/** Every parameter of a strategy at its default, but for those given. */
export function defaultParams(definition: StrategyDefinition, params: ParamValues = {}): ParamValues {
  return { ...Object.fromEntries(definition.params.map((param) => [param.name, param.default])), ...params };
}

class Simulation {
  readonly #scenario: Scenario;
  readonly #definition: StrategyDefinition;
  readonly #backends: SimulatedBackend[];
  readonly #balancers: Balancer[];
  readonly #workersEach: number;
  readonly #events = new EventQueue<Event>();
  readonly #result: SimulationResult;
  readonly #workMs: Float64Array;
  readonly #keys: Uint32Array;
  readonly #fates: Float64Array;
  /** The worker that took each request, and what was in flight at its backend before. */
  readonly #worker: Int32Array;
  readonly #before: Int32Array;

  constructor(definition: StrategyDefinition, scenario: Scenario, options: SimulationOptions) {
    this.#definition = definition;
    this.#scenario = scenario;
    const { arrivedMs, workMs, keys, fates } = drawRequests(scenario, options.seed);
    const count = arrivedMs.length;
    this.#workMs = workMs;
    this.#keys = keys;
    this.#fates = fates;
    this.#worker = new Int32Array(count);
    this.#before = new Int32Array(count);
    this.#result = {
      scenario,
      arrivedMs,
      latencyMs: new Float64Array(count),
      slot: new Int32Array(count),
      outcome: new Uint8Array(count),
    };
    const chance = createPrng(options.seed * 7919 + 4);
    this.#backends = scenario.backends(chance).map((model) => new SimulatedBackend(model));
    this.#workersEach = options.workers ?? 1;
    this.#balancers = Array.from({ length: options.balancers ?? 1 }, (_, at) =>
      createBalancer(
        definition,
        this.#backends.length,
        this.#workersEach,
        options.seed * 104729 + at * 1009,
        options.params,
      ),
    );
  }

  run(): SimulationResult {
    const { arrivedMs } = this.#result;
    this.#planEvents();
    this.#changeMembership(0);
    let request = 0;
    while (request < arrivedMs.length || this.#events.nextMs < Infinity) {
      const arrivesMs = request < arrivedMs.length ? arrivedMs[request] : Infinity;
      const nowMs = this.#events.nextMs;
      if (arrivesMs < nowMs) this.#arrive(request++, arrivesMs);
      else this.#handle(this.#events.take(), nowMs);
    }
    return this.#result;
  }

  #planEvents(): void {
    const { durationMs } = this.#scenario;
    for (const { model } of this.#backends) {
      if (model.joinsMs === 0) continue;
      for (let atMs = model.joinsMs; ; atMs += SLOW_START_STEP_MS) {
        this.#events.put(atMs, { kind: 'membership' });
        if (atMs >= model.joinsMs + model.slowStartMs) break;
      }
    }
    const { refreshMs } = this.#definition;
    const workers = this.#balancers.length * this.#workersEach;
    if (refreshMs === 0) return;
    for (let worker = 0; worker < workers; worker++) {
      const phase = (refreshMs * (worker + 1)) / workers;
      for (let atMs = phase; atMs < durationMs; atMs += refreshMs) this.#events.put(atMs, { kind: 'refresh', worker });
    }
  }

  #handle(event: Event, nowMs: number): void {
    if (event.kind === 'done') this.#settle(event.request, nowMs);
    else if (event.kind === 'refresh') this.#strategyOf(event.worker).refresh?.(nowMs);
    else this.#changeMembership(nowMs);
  }

  #changeMembership(nowMs: number): void {
    const members = this.#backends.flatMap(({ model }, at) => (nowMs >= model.joinsMs ? [at + SLOT_OFFSET] : []));
    const slots = Int32Array.from(members);
    for (const { weight, strategies } of this.#balancers) {
      this.#backends.forEach(({ model }, at) => {
        const ramp =
          model.slowStartMs === 0 ? 1 : Math.min(1, Math.max(0.1, (nowMs - model.joinsMs) / model.slowStartMs));
        weight[at + SLOT_OFFSET] = model.weight * (model.joinsMs === 0 ? 1 : ramp);
      });
      for (const strategy of strategies) strategy.update(slots, slots.length, nowMs);
    }
  }

  #arrive(request: number, nowMs: number): void {
    const worker = request % (this.#balancers.length * this.#workersEach);
    const { inFlight } = this.#balancerOf(worker);
    const strategy = this.#strategyOf(worker);
    const slot = strategy.pick(this.#definition.key === null ? 0 : this.#keys[request], nowMs);
    const before = inFlight[slot]++;
    strategy.begin?.(slot, before, nowMs);
    this.#worker[request] = worker;
    this.#before[request] = before;
    this.#result.slot[request] = slot - SLOT_OFFSET;
    const backend = this.#backends[slot - SLOT_OFFSET];
    const failure = backend.failing(nowMs, this.#fates[request]);
    this.#result.outcome[request] = failure === undefined ? Outcome.success : Outcome.serverError;
    const doneMs =
      failure === undefined ? backend.accept(request, this.#workMs[request], nowMs) : nowMs + failure.answerMs;
    if (doneMs < Infinity) this.#events.put(doneMs, { kind: 'done', request });
  }

  #settle(request: number, nowMs: number): void {
    const { arrivedMs, latencyMs, slot, outcome } = this.#result;
    const worker = this.#worker[request];
    const number = slot[request] + SLOT_OFFSET;
    const elapsedMs = nowMs - arrivedMs[request];
    latencyMs[request] = elapsedMs;
    this.#balancerOf(worker).inFlight[number]--;
    this.#strategyOf(worker).settle?.(number, this.#before[request], elapsedMs, outcome[request] as Outcome, nowMs);
    if (outcome[request] !== Outcome.success) return;
    const next = this.#backends[slot[request]].release(nowMs);
    if (next !== undefined) this.#events.put(next.doneMs, { kind: 'done', request: next.request });
  }

  #balancerOf(worker: number): Balancer {
    return this.#balancers[worker % this.#balancers.length];
  }

  #strategyOf(worker: number): Strategy {
    return this.#balancerOf(worker).strategies[Math.floor(worker / this.#balancers.length)];
  }
}

/** Poisson arrivals, their work and their keys: the same for every strategy. */
function drawRequests(
  scenario: Scenario,
  seed: number,
): { arrivedMs: Float64Array; workMs: Float64Array; keys: Uint32Array; fates: Float64Array } {
  const [arrivals, work, keys, fates] = [1, 2, 3, 5].map((stream) => createPrng(seed * 7919 + stream));
  const times: number[] = [];
  const gap = 1000 / scenario.ratePerSecond;
  for (let at = 0; ;) {
    at -= gap * Math.log(1 - arrivals());
    if (at >= scenario.durationMs) break;
    times.push(at);
  }
  return {
    arrivedMs: Float64Array.from(times),
    // Not quite 0, so that work over speed is always a number.
    workMs: Float64Array.from(times, () => Math.max(1e-6, scenario.service(work))),
    keys: Uint32Array.from(times, () => mix32((keys() * scenario.keys) | 0)),
    fates: Float64Array.from(times, () => fates()),
  };
}

function createBalancer(
  definition: StrategyDefinition,
  backends: number,
  workers: number,
  seed: number,
  params: ParamValues | undefined,
): Balancer {
  const size = backends + SLOT_OFFSET;
  const inFlight = new Int32Array(size);
  const weight = new Float64Array(size);
  const { rows, words } = definition.memory;
  const shared = {
    inFlight,
    weight,
    params: defaultParams(definition, params),
    rows: Object.fromEntries(rows.map((name) => [name, Array.from({ length: workers }, () => new Float64Array(size))])),
    words: Object.fromEntries(words.map((name) => [name, new Int32Array(1)])),
    nameOf: (slot: number) => `10.0.0.${slot - SLOT_OFFSET}:8080`,
  };
  const strategies = Array.from({ length: workers }, (_, worker) =>
    definition.create({ ...shared, worker, random: createPrng(seed + worker) }),
  );
  return { inFlight, weight, strategies };
}
