/**
 * The figures of one second for the event stream: totals as `/admin/metrics` has them, and what of them is new. Only what
 * has changed is read: a series whose count of durations is what it was has nothing to tell, so a thousand idle routes cost
 * next to nothing. It knows nothing of what happened before it began, which is when somebody begins to listen.
 */
import { STATUS_CLASSES, type StatusClass } from '#contract/admin.ts';
import type { MetricsEvent } from '#contract/events.ts';
import type { TakeFigures } from '#control/events/event-hub.ts';
import type { Plan } from '#core/plan.ts';
import { METHOD_SERIES_COUNT, SERIES_FLOW_CELLS } from '#memory/counters.ts';
import { DURATION_CELLS } from '#memory/duration-cells.ts';
import { HISTOGRAM_CELLS, quantilesUs } from '#memory/histogram.ts';
import { isServing } from '#observe/backends-report.ts';
import { inFlight, millis } from '#observe/metrics-report.ts';
import { userPools, type Observed } from '#observe/observed.ts';
import { UNROUTED, UNROUTED_ROW } from '#observe/series.ts';
import { addClasses, CLASSES, grown, LABELLESS_COUNTERS } from './count-deltas.ts';

/** Series whose histograms are remembered, 6.5 KiB each: with more of them busy there is no latency to tell. */
const HISTOGRAMS_MAX = 256;

interface SeriesMemory {
  count: number;
  readonly classes: Float64Array;
  /** Null: there was no room. */
  readonly histogram: Uint32Array | null;
}

/** Begins to take figures of `observed`. */
export function secondFigures(observed: () => Observed): TakeFigures {
  const figures = new SecondFigures();
  figures.take(observed(), 1);
  return (seconds) => figures.take(observed(), seconds);
}

class SecondFigures {
  readonly #names = new Map<number, string>();
  readonly #series = new Map<number, SeriesMemory>();
  readonly #globals = new Map<string, number>();
  readonly #total = new Float64Array(CLASSES);
  readonly #fresh = new Float64Array(CLASSES);
  readonly #latency = new Float64Array(HISTOGRAM_CELLS);
  #isLatencyWhole = true;
  #histograms = 0;
  #backends: { readonly plan: Plan; readonly slots: readonly number[] } | null = null;

  take(observed: Observed, seconds: number): Omit<MetricsEvent, 'at' | 'seconds'> {
    const { plan, tables } = observed;
    this.#readSeries(observed);
    const rate = (amount: number): number => Math.round((amount * 1000) / seconds) / 1000;
    const totals = {} as Record<(typeof LABELLESS_COUNTERS)[number], number>;
    const rates = {} as Record<(typeof LABELLESS_COUNTERS)[number], number>;
    for (const name of LABELLESS_COUNTERS) {
      const count = (totals[name] = tables.counters.global(name));
      rates[name] = rate(grown(this.#globals.get(name) ?? 0, count));
      this.#globals.set(name, count);
    }
    const { bytesIn: _in, bytesOut: _out, ...counted } = totals;
    const slots = this.#slotsOf(plan);
    return {
      totalRequests: sum(this.#total),
      inFlight: inFlight(observed),
      ...counted,
      statusClasses: byClass(this.#total, (count) => count),
      connections: tables.counters.global('connections'),
      backends: slots.length,
      backendsUp: slots.filter((slot) => isServing(tables, slot)).length,
      perSecond: { requests: rate(sum(this.#fresh)), ...rates, statusClasses: byClass(this.#fresh, rate) },
      latencyMs: this.#latencyMs(),
    };
  }

  #readSeries(observed: Observed): void {
    this.#total.fill(0);
    this.#fresh.fill(0);
    this.#latency.fill(0);
    this.#isLatencyWhole = true;
    this.#readRoute(observed, UNROUTED_ROW, UNROUTED);
    for (const { row, name, controlPlane } of observed.plan.routes)
      if (!controlPlane) this.#readRoute(observed, row, name);
  }

  #readRoute(observed: Observed, row: number, name: string): void {
    const changedHands = this.#names.get(row) !== name;
    if (changedHands) this.#names.set(row, name);
    const first = row * METHOD_SERIES_COUNT;
    for (let series = first; series < first + METHOD_SERIES_COUNT; series++) {
      if (changedHands) this.#forget(series);
      const count = countOf(observed, series);
      let memory = this.#series.get(series);
      if (count !== (memory?.count ?? 0)) {
        if (memory === undefined) this.#series.set(series, (memory = this.#remember()));
        memory.count = count;
        this.#readStatuses(observed, series, memory.classes);
        this.#readHistogram(observed, series, memory.histogram);
      }
      if (memory !== undefined) for (let at = 0; at < CLASSES; at++) this.#total[at]! += memory.classes[at]!;
    }
  }

  #readStatuses(observed: Observed, series: number, classes: Float64Array): void {
    const now = new Float64Array(CLASSES);
    addClasses(observed, series, now);
    for (let at = 0; at < CLASSES; at++) this.#fresh[at]! += grown(classes[at]!, now[at]!);
    classes.set(now);
  }

  #readHistogram({ tables, workerRows }: Observed, series: number, before: Uint32Array | null): void {
    if (before === null) return void (this.#isLatencyWhole = false);
    const from = series * HISTOGRAM_CELLS;
    for (let bucket = 0; bucket < HISTOGRAM_CELLS; bucket++) {
      let now = 0;
      for (let worker = 0; worker < workerRows; worker++)
        now += tables.counters.rows[worker]?.seriesHistogram[from + bucket] ?? 0;
      // Cells wrap at 2^32, and so does their difference.
      this.#latency[bucket]! += (now - before[bucket]!) >>> 0;
      before[bucket] = now;
    }
  }

  #remember(): SeriesMemory {
    const fits = this.#histograms < HISTOGRAMS_MAX;
    if (fits) this.#histograms += 1;
    const histogram = fits ? new Uint32Array(HISTOGRAM_CELLS) : null;
    return { count: 0, classes: new Float64Array(CLASSES), histogram };
  }

  #forget(series: number): void {
    if ((this.#series.get(series)?.histogram ?? null) !== null) this.#histograms -= 1;
    this.#series.delete(series);
  }

  #latencyMs(): MetricsEvent['latencyMs'] {
    if (!this.#isLatencyWhole || sum(this.#latency) === 0) return null;
    const [p50 = 0, p99 = 0] = quantilesUs(this.#latency, [0.5, 0.99]).map(millis);
    return { p50, p99 };
  }

  #slotsOf(plan: Plan): readonly number[] {
    if (this.#backends?.plan !== plan) {
      const slots = userPools(plan).flatMap(({ backends }) => backends.map(({ slot }) => slot));
      this.#backends = { plan, slots };
    }
    return this.#backends.slots;
  }
}

/** Requests of a series that have ended. */
function countOf({ tables, workerRows }: Observed, series: number): number {
  let count = 0;
  const from = series * SERIES_FLOW_CELLS;
  for (let worker = 0; worker < workerRows; worker++) {
    const cells = tables.counters.rows[worker]?.seriesFlow;
    if (cells === undefined) continue;
    for (let cell = from; cell < from + DURATION_CELLS; cell++) count += cells[cell]!;
  }
  return count;
}

function byClass(counts: Float64Array, shown: (count: number) => number): Record<StatusClass, number> {
  return Object.fromEntries(STATUS_CLASSES.map((name, at) => [name, shown(counts[at + 1]!)])) as Record<
    StatusClass,
    number
  >;
}

function sum(counts: Float64Array): number {
  let all = 0;
  for (const count of counts) all += count;
  return all;
}
