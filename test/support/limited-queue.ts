/**
 * A pool with so many places, offered a load through one adaptive limit per worker, on a virtual clock: what the limit does
 * to throughput and latency. Whoever is admitted and finds no place free waits inside the pool, as in a real backend.
 */
import type { Peers } from '#core/limits/concurrency/adaptive-limit.ts';
import { createLimit, type ConcurrencyLimit } from '#core/limits/concurrency.ts';
import { createPrng } from '#core/math/prng.ts';
import { Outcome } from '#core/outcome.ts';
import type { ConcurrencyAlgorithm } from '#core/plan-failures.ts';
import { EventQueue } from '#simulator/event-queue.ts';

export interface QueueOptions {
  readonly algorithm: ConcurrencyAlgorithm;
  readonly seed: number;
  readonly workers?: number;
  /** The workers do not know of each other, like those of several processes. */
  readonly strangers?: boolean;
  /** Requests that the pool works on at one time. */
  readonly places: number;
  readonly meanMs: number;
  /** Offered load as a share of what the pool can do when well, by the time. */
  readonly load: (nowMs: number) => number;
  /** How many times longer work takes than usual. */
  readonly slowness?: (nowMs: number) => number;
  /** Work in units of its mean; exponential when not given. */
  readonly draw?: (random: () => number) => number;
  readonly endMs: number;
  /** Length of a slice of the report. */
  readonly sliceMs: number;
}

export interface Slice {
  readonly endMs: number;
  /** Answers, as a share of what the pool can do when well. */
  readonly goodput: number;
  readonly meanMs: number;
  /** Share of requests that were refused. */
  readonly refused: number;
  /** All workers together, as it is now. */
  readonly limit: number;
}

interface Job {
  readonly atMs: number;
  readonly worker: number;
}

const exponential = (random: () => number): number => -Math.log(1 - random());

/** Plays the load and reports slice by slice. */
export function playQueue(options: QueueOptions): Slice[] {
  const { places, meanMs, load, slowness = () => 1, draw = exponential, endMs, sliceMs, workers = 1 } = options;
  const random = createPrng(options.seed);
  const told = Array.from({ length: workers }, () => 0);
  const peersOf = (worker: number): Peers => ({
    tell: (inFlight) => void (told[worker] = inFlight),
    others: () => told.reduce((sum, inFlight, at) => (at === worker ? sum : sum + inFlight), 0),
  });
  const limits: ConcurrencyLimit[] = Array.from({ length: workers }, (_, worker) =>
    createLimit(options.algorithm, options.strangers === true ? undefined : peersOf(worker)),
  );
  const inFlight = limits.map(() => 0);
  const perMs = places / meanMs;
  const slices: Slice[] = [];
  const waiting: Job[] = [];
  const events = new EventQueue<Job | null>();
  let busy = 0;
  let tally = { answered: 0, sumMs: 0, offered: 0, refused: 0 };
  let nowMs = 0;
  const work = (job: Job): void => {
    busy += 1;
    events.put(nowMs + meanMs * draw(random) * slowness(nowMs), job);
  };
  const arrive = (): void => {
    tally.offered += 1;
    const worker = Math.floor(random() * workers);
    if (!limits[worker]!.admit(inFlight[worker]!)) {
      tally.refused += 1;
      return;
    }
    inFlight[worker]! += 1;
    if (busy < places) work({ atMs: nowMs, worker });
    else waiting.push({ atMs: nowMs, worker });
  };
  const leave = (job: Job): void => {
    busy -= 1;
    limits[job.worker]!.settle(nowMs - job.atMs, inFlight[job.worker]!, Outcome.success, nowMs);
    inFlight[job.worker]! -= 1;
    tally.answered += 1;
    tally.sumMs += nowMs - job.atMs;
    const next = waiting.shift();
    if (next !== undefined) work(next);
  };
  events.put(0, null);
  while (events.nextMs <= endMs) {
    nowMs = events.nextMs;
    if (nowMs >= (slices.length + 1) * sliceMs) {
      slices.push({
        endMs: (slices.length + 1) * sliceMs,
        goodput: tally.answered / sliceMs / perMs,
        meanMs: tally.sumMs / Math.max(1, tally.answered),
        refused: tally.refused / Math.max(1, tally.offered),
        limit: limits.reduce((sum, { limit }) => sum + limit, 0),
      });
      tally = { answered: 0, sumMs: 0, offered: 0, refused: 0 };
    }
    const job = events.take();
    if (job === null) {
      arrive();
      events.put(nowMs + exponential(random) / (perMs * load(nowMs)), null);
    } else {
      leave(job);
    }
  }
  return slices;
}
