/**
 * What happened since the last look at the shared tables, for the history. Deltas are taken row by row and not of sums: a
 * route that is removed, or a row that is cleared for another, makes a sum smaller, and what grew meanwhile would be lost or
 * counted twice. A row whose owner changed begins at 0, and so does a count that has become smaller.
 *
 * One look costs well under a millisecond with 1,000 backends (bench/history.ts): names are listed once for each plan, and
 * the statuses of a route and method are only read where its sum of latencies says that requests came. Bytes that were no
 * request, and requests that took no time at all, leave no trace in that sum: each series is read every sixteenth time too,
 * and that of bytes that were no request always.
 */
import { addCoarse, LATENCY_BUCKETS } from '#control/history/latency-buckets.ts';
import type { Sample } from '#control/history/step.ts';
import { HISTORY_COUNTERS, HISTORY_GAUGES } from '#contract/history.ts';
import type { Plan } from '#core/plan.ts';
import { METHOD_SERIES_COUNT, SERIES_SUM_US, SLOT_CELLS, SLOT_PICKS, STATUS_CELLS } from '#memory/counters.ts';
import { HISTOGRAM_CELLS } from '#memory/histogram.ts';
import { isServing } from '#observe/backends-report.ts';
import { inFlight } from '#observe/metrics-report.ts';
import { isControlPool, type Observed } from '#observe/observed.ts';
import { UNROUTED, UNROUTED_ROW } from '#observe/series.ts';
import { addClasses, CLASSES, grown, LABELLESS_COUNTERS } from './count-deltas.ts';

/** Each so many times a series is read even if nothing seems to have happened. */
const READ_ANYWAY_EVERY = 16;

const C = Object.fromEntries(HISTORY_COUNTERS.map((name, at) => [name, at])) as Record<
  (typeof HISTORY_COUNTERS)[number],
  number
>;
const STATUS_COUNTERS = [null, C.status1xx, C.status2xx, C.status3xx, C.status4xx, C.status5xx];

/** The plan's backends and routes as lists, made once for each plan. */
interface Owners {
  readonly plan: Plan;
  readonly names: readonly string[];
  readonly slots: readonly number[];
  readonly routes: readonly { readonly row: number; readonly name: string; readonly controlPlane: boolean }[];
}

/** Counts from 0, the first call from the beginning of the process. */
export function historySampler(observed: () => Observed): () => Sample {
  const sampler = new HistorySampler();
  return () => sampler.take(observed());
}

class HistorySampler {
  readonly #counters = new Float64Array(HISTORY_COUNTERS.length);
  readonly #gauges = new Float64Array(HISTORY_GAUGES.length);
  readonly #globals = new Float64Array(LABELLESS_COUNTERS.length);
  readonly #latency = new Float64Array(LATENCY_BUCKETS);
  readonly #series = new SeriesDeltas();
  readonly #picks = new PickDeltas();
  #owners: Owners | null = null;
  #amounts = new Float64Array(0);

  /** The same arrays each time. */
  take(observed: Observed): Sample {
    const { plan, tables } = observed;
    const { names, slots, routes } = this.#ownersOf(plan);
    const counters = this.#counters.fill(0);
    LABELLESS_COUNTERS.forEach((name, at) => {
      const count = tables.counters.global(name);
      counters[C[name]] = grown(this.#globals[at]!, count);
      this.#globals[at] = count;
    });
    const latency = this.#latency.fill(0);
    this.#series.begin();
    for (const route of routes) this.#series.take(observed, route, counters, latency);
    this.#picks.take(observed, slots, this.#amounts);
    this.#gauges[0] = inFlight(observed);
    this.#gauges[1] = tables.counters.global('connections');
    this.#gauges[2] = slots.reduce((up, slot) => up + Number(isServing(tables, slot)), 0);
    return { counters, gauges: this.#gauges, latency, names, picks: this.#amounts };
  }

  #ownersOf(plan: Plan): Owners {
    if (this.#owners?.plan === plan) return this.#owners;
    const pools = plan.pools.filter((_, at) => !isControlPool(plan, at));
    const fresh = {
      plan,
      names: pools.flatMap(({ name, backends }) => backends.map(({ id }) => `${name}/${id}`)),
      slots: pools.flatMap(({ backends }) => backends.map(({ slot }) => slot)),
      routes: [{ row: UNROUTED_ROW, name: UNROUTED, controlPlane: false }, ...plan.routes],
    };
    const names = sameNames(this.#owners?.names, fresh.names);
    if (this.#amounts.length !== names.length) this.#amounts = new Float64Array(names.length);
    return (this.#owners = { ...fresh, names });
  }
}

/** What is known of a series. A coarse histogram of it is 344 bytes. */
interface Seen {
  sumUs: number;
  readonly classes: Float64Array;
  readonly latency: Uint32Array;
}

/** Requests by class of status and by latency, row by row; those to the control plane itself are followed and not counted. */
class SeriesDeltas {
  #turn = 0;
  readonly #names = new Map<number, string>();
  readonly #seen = new Map<number, Seen>();
  readonly #classes = new Float64Array(CLASSES);
  readonly #latency = new Uint32Array(LATENCY_BUCKETS);

  begin(): void {
    this.#turn = (this.#turn + 1) % READ_ANYWAY_EVERY;
  }

  take(
    observed: Observed,
    { row, name, controlPlane }: Owners['routes'][number],
    into: Float64Array,
    latency: Float64Array,
  ): void {
    const changedHands = this.#names.get(row) !== name;
    if (changedHands) this.#names.set(row, name);
    const first = row * METHOD_SERIES_COUNT;
    for (let series = first; series < first + METHOD_SERIES_COUNT; series++) {
      if (changedHands) this.#seen.delete(series);
      const sumUs = sumOver(observed, series * STATUS_CELLS + SERIES_SUM_US);
      const due = series === UNROUTED_ROW || series % READ_ANYWAY_EVERY === this.#turn;
      const seen = this.#seen.get(series);
      if (!due && sumUs === (seen?.sumUs ?? 0)) continue;
      const before = seen ?? {
        sumUs: 0,
        classes: new Float64Array(CLASSES),
        latency: new Uint32Array(LATENCY_BUCKETS),
      };
      if (this.#read(observed, series, before.classes, controlPlane ? null : into)) this.#seen.set(series, before);
      // Those that took no time at all are counted with the next that took some.
      if (sumUs !== before.sumUs) this.#readLatency(observed, series, before.latency, controlPlane ? null : latency);
      before.sumUs = sumUs;
    }
  }

  /** False: nothing has ever been counted in it. */
  #read(observed: Observed, series: number, before: Float64Array, into: Float64Array | null): boolean {
    const now = this.#classes.fill(0);
    addClasses(observed, series, now);
    let any = false;
    for (let at = 0; at < CLASSES; at++) {
      const count = now[at]!;
      any ||= count !== 0 || before[at] !== 0;
      if (into !== null) add(into, STATUS_COUNTERS[at] ?? null, grown(before[at]!, count));
      before[at] = count;
    }
    return any;
  }

  #readLatency({ tables, workerRows }: Observed, series: number, before: Uint32Array, into: Float64Array | null): void {
    const now = this.#latency.fill(0);
    for (let worker = 0; worker < workerRows; worker++) {
      const cells = tables.counters.rows[worker]?.seriesHistogram;
      if (cells !== undefined) addCoarse(cells, series * HISTOGRAM_CELLS, now);
    }
    if (into !== null) for (let at = 0; at < LATENCY_BUCKETS; at++) into[at]! += grownModulo(before[at]!, now[at]!);
    before.set(now);
  }
}

/** Cells wrap at 2^32, and so does their difference; one of more than half of that is a count that began anew. */
function grownModulo(before: number, now: number): number {
  const difference = (now - before) >>> 0;
  return difference < 2 ** 31 ? difference : now;
}

function add(into: Float64Array, counter: number | null, amount: number): void {
  into[C.requests]! += amount;
  if (counter !== null) into[counter]! += amount;
}

/** Picks by slot; a slot whose generation has moved is another backend's. */
class PickDeltas {
  readonly #seen = new Map<number, { generation: number; picks: number }>();

  take({ tables, workerRows }: Observed, slots: readonly number[], into: Float64Array): void {
    const { counters, slots: table } = tables;
    for (let at = 0; at < slots.length; at++) {
      const slot = slots[at]!;
      let picks = 0;
      for (let worker = 0; worker < workerRows; worker++)
        picks += counters.rows[worker]?.slot[slot * SLOT_CELLS + SLOT_PICKS] ?? 0;
      const generation = table.generation[slot]!;
      let seen = this.#seen.get(slot);
      if (seen === undefined) this.#seen.set(slot, (seen = { generation, picks: 0 }));
      into[at] = seen.generation === generation ? grown(seen.picks, picks) : picks;
      seen.generation = generation;
      seen.picks = picks;
    }
  }
}

function sumOver({ tables, workerRows }: Observed, cell: number): number {
  let sum = 0;
  for (let worker = 0; worker < workerRows; worker++) sum += tables.counters.rows[worker]?.series[cell] ?? 0;
  return sum;
}

/** The array that was there before, where it says the same. */
function sameNames(before: readonly string[] | undefined, now: readonly string[]): readonly string[] {
  return before?.length === now.length && before.every((name, at) => name === now[at]) ? before : now;
}
