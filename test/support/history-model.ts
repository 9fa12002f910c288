/**
 * What the history should answer, worked out the plain way: everything is kept by second and by minute, and summed anew for
 * each question. Only what must be forgotten is modelled after the real one: of seconds that are 3,720 apart, and of minutes
 * 1,500 apart, the one recorded last is kept.
 */
import { HISTORY_COUNTERS, HISTORY_GAUGES, type HistoryAnswer } from '#contract/history.ts';
import { LATENCY_FLOORS_US } from '#control/history/latency-buckets.ts';
import type { Said } from './history-samples.ts';

const SECONDS_KEPT = 3_720;
const MINUTES_KEPT = 1_500;

interface Kept {
  readonly number: number;
  readonly said: Said[];
}

export class HistoryModel {
  readonly #seconds = new Map<number, Kept>();
  readonly #minutes = new Map<number, Kept>();

  record(atS: number, said: Said): void {
    file(this.#seconds, atS, SECONDS_KEPT, said);
    file(this.#minutes, Math.floor(atS / 60), MINUTES_KEPT, said);
  }

  /** The answer for the steps that `answer` chose. */
  expected({ from, to, step }: HistoryAnswer): HistoryAnswer {
    const [steps, kept, length] =
      step % 60 === 0 ? [this.#minutes, MINUTES_KEPT, 60] : [this.#seconds, SECONDS_KEPT, 1];
    const found = new Map<number, Said[]>();
    for (let atS = Date.parse(from) / 1000; atS < Date.parse(to) / 1000; atS += length) {
      const number = atS / length;
      const there = steps.get(number % kept);
      if (there?.number !== number) continue;
      const begin = Math.floor(atS / step) * step;
      found.set(begin, [...(found.get(begin) ?? []), ...there.said]);
    }
    const rows = [...found.values()];
    const sums = HISTORY_COUNTERS.map((name) => [name, rows.map((row) => sum(row, (said) => said[name]))]);
    const lasts = HISTORY_GAUGES.map((name) => [name, rows.map((row) => row.at(-1)?.[name] ?? 0)]);
    const picked = rows.flatMap((row) =>
      row.flatMap(({ picks = {} }) => Object.keys(picks).filter((key) => picks[key])),
    );
    const picks = [...new Set(picked)].map((key) => [key, rows.map((row) => sum(row, (said) => said.picks?.[key]))]);
    const fallen = rows.flatMap((row) => row.flatMap(({ latency = {} }) => Object.keys(latency).map(Number)));
    const millis = (us: number): number => Math.round(us) / 1000;
    const latency = [...new Set(fallen)]
      .sort((a, b) => a - b)
      .map((bucket) => ({
        fromMs: millis(LATENCY_FLOORS_US[bucket]!),
        toMs: bucket + 1 < LATENCY_FLOORS_US.length ? millis(LATENCY_FLOORS_US[bucket + 1]!) : null,
        counts: rows.map((row) => sum(row, (said) => said.latency?.[bucket])),
      }));
    return {
      from,
      to,
      step,
      at: [...found.keys()],
      latency,
      series: Object.fromEntries([...sums, ...lasts]),
      backendSelection: Object.fromEntries(picks),
    };
  }
}

function file(steps: Map<number, Kept>, number: number, kept: number, said: Said): void {
  const there = steps.get(number % kept);
  if (there?.number === number) there.said.push(said);
  else steps.set(number % kept, { number, said: [said] });
}

function sum(row: readonly Said[], of: (said: Said) => number | undefined): number {
  return row.reduce((total, said) => total + (of(said) ?? 0), 0);
}
