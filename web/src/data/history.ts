/** The counters of the chosen time range, as `/admin/history` keeps them; followed while the range ends now. */
import type { HistoryAnswer } from '#contract/history.ts';
import { read } from './client.ts';
import { serverNow } from './clock.ts';
import { resource, type Resource } from './resource.ts';
import { timeRange } from './time-range.ts';

/** A chart of 15 minutes moves by a third of a pixel a second: every other second is as smooth. */
const EVERY_MS = 2_000;

/** The last range that stood still; what stands still is read once. */
let stood: { readonly from: number; readonly to: number; readonly answer: HistoryAnswer } | null = null;

export const history: Resource<HistoryAnswer> = resource(
  async (signal) => {
    const { seconds, fixed } = timeRange.peek();
    if (fixed === null) return read('admin/history', { signal, query: { from: -seconds } });
    if (stood?.from === fixed.from && stood.to === fixed.to) return stood.answer;
    const answer = await read('admin/history', { signal, query: { from: fixed.from, to: fixed.to } });
    stood = { ...fixed, answer };
    return answer;
  },
  { everyMs: EVERY_MS, on: [timeRange] },
);

type Amounts = readonly (number | null)[];

/** Beginnings of all steps of the range, in seconds since 1970, those without anything recorded included. */
export function stepsOf({ from, to, step }: HistoryAnswer): number[] {
  const first = Date.parse(from) / 1000;
  const last = Date.parse(to) / 1000;
  return Array.from({ length: Math.round((last - first) / step) }, (_, index) => first + index * step);
}

/** A gauge by `stepsOf`, with null where nothing was recorded: a chart shows no line there. */
export function gaugeOf(answer: HistoryAnswer, values: readonly number[]): Amounts {
  const first = Date.parse(answer.from) / 1000;
  const aligned = new Array<number | null>(stepsOf(answer).length).fill(null);
  answer.at.forEach((at, index) => (aligned[Math.round((at - first) / answer.step)] = values[index] ?? null));
  return aligned;
}

/** A counter by `stepsOf`, as amounts by second. A step that is still under way is not known: its line would always fall. */
export function rateOf(answer: HistoryAnswer, values: readonly number[]): Amounts {
  const first = Date.parse(answer.from) / 1000;
  const nowS = serverNow() / 1000;
  return gaugeOf(answer, values).map((amount, index) =>
    amount === null || first + (index + 1) * answer.step > nowS ? null : amount / answer.step,
  );
}
