/**
 * Consistent hash: requests with one key go to one backend, and stay there when others come and go, unless that backend
 * has far more than its share in flight.
 *
 * Why: backends that cache, or hold sessions, serve a key best where it was served before. Up to 64 backends this is
 * rendezvous hashing (rendezvous.ts), which is evenest (at 8 backends the busiest has 1.01 times the average) and moves
 * no key of another backend when one goes; it asks every backend, so above 64 it is Maglev's table (maglev.ts), where a
 * lookup is one read and a backend's going moves about half a percent of the others' keys.
 * Bounded loads (Mirrokni, Thorup, Zadimoghaddam 2016): with m requests in flight, a backend that has `balanceFactor` *
 * (m + 1) * its share of the weights or more is passed over, so a popular key cannot drown one backend. A key's
 * second choice is fixed as well, so overflow meets warm caches too. `balanceFactor: 0` turns this off.
 * Order does not matter: backends are known by their names alone, so balancers that list them differently agree.
 * Cold start: a new backend takes over its share of keys at once; during slow start its weight, so its share, grows.
 * Recovery: a backend that returns gets back just the keys that it had; nothing is learned, none starves.
 */
import type { PickView, Strategy, StrategyDefinition, StrategyEnv } from '../strategy.ts';
import { mix32, murmur3, utf8 } from '../math/hash.ts';
import { CandidateList } from './candidate-list.ts';
import { fillMaglev, MAGLEV_CELLS, orderOf, type Order } from './maglev.ts';
import { rendezvous, rendezvousEven, rendezvousTime } from './rendezvous.ts';

/** The most backends that rendezvous hashing asks. */
export const RENDEZVOUS_MAX = 64;
/** How many further cells of the table a key tries, before the least busy backend is taken. */
const PROBES = 32;
/** Weights that have moved by less than this share do not rebuild the table at once, but when they have come to rest. */
const WEIGHT_STEP = 0.1;
const REST_MS = 1000;

class ConsistentHash implements Strategy {
  readonly #env: StrategyEnv;
  readonly #balanceFactor: number;
  readonly #candidates = new CandidateList();
  /** What hashing knows of each slot's name; renewed when the slot has another name. */
  readonly #names: string[] = [];
  readonly #nameHashes: Int32Array;
  readonly #orders: Order[] = [];
  /** 1 for each slot that is a candidate. */
  readonly #members: Uint8Array;
  #totalWeight = 0;
  /** Slots in the order of their names, and the weights that the table was made of. */
  #tableSlots = new Int32Array(0);
  #tableWeights: number[] = [];
  #table = new Uint16Array(0);
  #movedMs = 0;
  #stale = false;
  /** Requests in flight at all candidates; counted anew after `#recountIn` more picks. */
  #inFlight = 0;
  #recountIn = 0;

  constructor(env: StrategyEnv) {
    this.#env = env;
    this.#balanceFactor = env.params['balanceFactor'] as number;
    this.#nameHashes = new Int32Array(env.weight.length);
    this.#members = new Uint8Array(env.weight.length);
  }

  update(slots: Int32Array, count: number, nowMs: number): void {
    const { nameOf, weight } = this.#env;
    const candidates = this.#candidates;
    const changed = candidates.set(slots, count, weight);
    let moved = candidates.moved;
    this.#totalWeight = 0;
    this.#recountIn = 0;
    this.#members.fill(0);
    for (let at = 0; at < count; at++) {
      const slot = slots[at];
      this.#totalWeight += weight[slot];
      this.#members[slot] = 1;
      const name = nameOf(slot);
      if (this.#names[slot] === name) continue;
      const bytes = utf8(name);
      this.#names[slot] = name;
      this.#nameHashes[slot] = murmur3(bytes, 0, bytes.length);
      this.#orders[slot] = orderOf(bytes);
      moved = true;
    }
    if (count <= RENDEZVOUS_MAX || !(changed || moved)) return;
    this.#stale = true;
    this.#movedMs = nowMs;
    if (moved) this.#sort();
    if (moved || this.#weightsMoved()) this.#buildTable();
  }

  pick(key: number): number {
    const { slots, count } = this.#candidates;
    const { inFlight, weight } = this.#env;
    const first =
      count <= RENDEZVOUS_MAX
        ? this.#draw(key, slots, count, Infinity)
        : this.#tableSlots[this.#table[key % MAGLEV_CELLS]];
    if (this.#balanceFactor === 0 || inFlight[first] === 0) return first;
    const limit = this.#limit();
    if (inFlight[first] < limit * weight[first]) return first;
    const second = count <= RENDEZVOUS_MAX ? this.#draw(key, slots, count, limit) : this.#probe(key, limit);
    return second >= 0 ? second : this.#leastBusy(slots, count);
  }

  pickAmong(slots: Int32Array, count: number, key: number): number {
    const limit = this.#balanceFactor === 0 ? Infinity : this.#limit();
    const slot = this.#draw(key, slots, count, limit);
    return slot >= 0 ? slot : this.#leastBusy(slots, count);
  }

  begin(slot: number): void {
    this.#inFlight += this.#members[slot];
  }

  settle(slot: number): void {
    this.#inFlight -= this.#members[slot];
  }

  refresh(nowMs: number): void {
    if (this.#stale && nowMs - this.#movedMs >= REST_MS) this.#buildTable();
  }

  explain(slots: Int32Array, count: number, key: number, _nowMs: number, into: PickView): void {
    const small = count <= RENDEZVOUS_MAX;
    for (let at = 0; at < count; at++) {
      const slot = slots[at];
      into.score[at] = small ? rendezvousTime(key, this.#nameHashes[slot], this.#env.weight[slot]) : NaN;
      into.inputs[0][at] = 0;
    }
    if (!small) this.#explainTable(slots, count, key, into);
    into.state[0] = this.#inFlight;
    into.state[1] = this.#recountIn;
  }

  restore(slots: Int32Array, count: number, { inputs, state }: PickView): void {
    this.#inFlight = state[0];
    this.#recountIn = state[1];
    if (count <= RENDEZVOUS_MAX) return;
    this.#tableWeights = Array.from(this.#tableSlots, (slot) => inputs[0][slots.indexOf(slot)]);
    this.#fillTable();
  }

  /** In the table, a score is at which probe the key meets the backend. */
  #explainTable(slots: Int32Array, count: number, key: number, into: PickView): void {
    let hash = key;
    for (let probe = 0; probe <= PROBES; probe++) {
      const at = slots.indexOf(this.#tableSlots[this.#table[hash % MAGLEV_CELLS]]);
      if (at >= 0 && at < count && Number.isNaN(into.score[at])) into.score[at] = probe;
      hash = mix32(hash + 0x9e3779b9);
    }
    for (const [place, slot] of this.#tableSlots.entries()) {
      const at = slots.indexOf(slot);
      if (at >= 0 && at < count) into.inputs[0][at] = this.#tableWeights[place];
    }
  }

  /** The backend that wins the key among those below their limit; -1: none is. */
  #draw(key: number, slots: Int32Array, count: number, limit: number): number {
    const { inFlight, weight } = this.#env;
    return this.#candidates.even
      ? rendezvousEven(key, slots, count, this.#nameHashes, inFlight, limit * weight[slots[0]])
      : rendezvous(key, slots, count, this.#nameHashes, inFlight, limit, weight);
  }

  /** Requests in flight that a backend may have, per unit of weight, the coming one counted. */
  #limit(): number {
    if (--this.#recountIn < 0) this.#recount();
    return (this.#balanceFactor * (this.#inFlight + 1)) / this.#totalWeight;
  }

  /** Other workers' requests come in here: at once in small pools, else every so often. */
  #recount(): void {
    const { slots, count } = this.#candidates;
    const { inFlight } = this.#env;
    let sum = 0;
    for (let at = 0; at < count; at++) sum += inFlight[slots[at]];
    this.#inFlight = sum;
    this.#recountIn = count <= RENDEZVOUS_MAX ? 0 : count >> 4;
  }

  #probe(key: number, limit: number): number {
    const { inFlight, weight } = this.#env;
    let hash = key;
    for (let probe = 0; probe < PROBES; probe++) {
      hash = mix32(hash + 0x9e3779b9);
      const slot = this.#tableSlots[this.#table[hash % MAGLEV_CELLS]];
      if (inFlight[slot] < limit * weight[slot]) return slot;
    }
    return -1;
  }

  #leastBusy(slots: Int32Array, count: number): number {
    const { inFlight, weight } = this.#env;
    let best = slots[0];
    for (let at = 1; at < count; at++) {
      const slot = slots[at];
      if (inFlight[slot] * weight[best] < inFlight[best] * weight[slot]) best = slot;
    }
    return best;
  }

  /** By name, so that balancers which list the backends in another order build the same table. */
  #sort(): void {
    const { slots, count } = this.#candidates;
    const names = this.#names;
    this.#tableSlots = slots
      .slice(0, count)
      .sort((a, b) => (names[a] < names[b] ? -1 : names[a] > names[b] ? 1 : a - b));
  }

  #weightsMoved(): boolean {
    const { weight } = this.#env;
    return this.#tableWeights.some((old, at) => Math.abs(weight[this.#tableSlots[at]] - old) > WEIGHT_STEP * old);
  }

  #buildTable(): void {
    this.#tableWeights = Array.from(this.#tableSlots, (slot) => this.#env.weight[slot]);
    this.#fillTable();
  }

  #fillTable(): void {
    if (this.#table.length === 0) this.#table = new Uint16Array(MAGLEV_CELLS);
    fillMaglev(
      this.#table,
      Array.from(this.#tableSlots, (slot) => this.#orders[slot]),
      this.#tableWeights,
    );
    this.#stale = false;
  }
}

export const consistentHash: StrategyDefinition = {
  name: 'consistent-hash',
  summary:
    'Sends requests of one key to one backend, unless that has too much to do; few keys move when backends change.',
  bestWhen: 'Backends keep caches or sessions by client, path or header.',
  params: [
    {
      name: 'balanceFactor',
      type: 'number',
      summary: 'How many times its fair share of the requests in flight a backend may have; 0: no bound.',
      default: 1.25,
      min: 0,
      max: 100,
      integer: false,
    },
  ],
  memory: { rows: [], words: [] },
  explains: {
    score: "the key's draw for it, passed over while it has more than its share in flight",
    wins: 'least',
    inputs: ['tableWeight'],
    state: ['inFlight', 'recountIn'],
  },
  key: 'murmur3',
  weighted: true,
  refreshMs: 500,
  create: (env) => new ConsistentHash(env),
};
