/** The lines of the charts, out of the history of the chosen range; worked out once for each answer. */
import { computed, type ReadonlySignal } from '@preact/signals';
import type { HistoryAnswer, HistoryCounter } from '#contract/history.ts';
import { gaugeOf, history, rateOf, stepsOf } from '../../data/history.ts';
import { query } from '../../routing/address.ts';
import type { ChartSeries } from '../../components/chart.tsx';
import { quantileOf } from './quantiles.ts';
import { selectionOf } from './selection.ts';

export interface Lines {
  readonly answer: HistoryAnswer;
  /** Beginnings of steps, in seconds since 1970. */
  readonly at: readonly number[];
  readonly rate: readonly ChartSeries[];
  readonly success: readonly ChartSeries[];
  readonly statuses: readonly ChartSeries[];
  readonly latency: readonly ChartSeries[];
  readonly inFlight: readonly ChartSeries[];
  readonly bounded: readonly ChartSeries[];
  readonly selection: readonly ChartSeries[];
}

const STATUSES = [
  ['2xx', 'status2xx', '--series-3'],
  ['3xx', 'status3xx', '--series-1'],
  ['4xx', 'status4xx', '--series-5'],
  ['5xx', 'status5xx', '--bad'],
] as const;
const QUANTILES = [
  ['p50', 0.5, '--series-3'],
  ['p90', 0.9, '--series-1'],
  ['p99', 0.99, '--series-2'],
  ['p99.9', 0.999, '--series-4'],
] as const;
const BOUNDED = [
  ['retries', 'retries', '--series-1'],
  ['failovers', 'failovers', '--series-3'],
  ['upstream errors', 'upstreamErrors', '--bad'],
  ['rate limited', 'rateLimited', '--series-5'],
] as const;

/** Null: nothing has come yet. */
export const lines: ReadonlySignal<Lines | null> = computed(() => {
  const answer = history.value.value;
  return answer === null ? null : linesOf(answer, query.value.get('pool'));
});

function linesOf(answer: HistoryAnswer, pool: string | null): Lines {
  const { series } = answer;
  const perSecond = ([label, name, colour]: readonly [string, HistoryCounter, string]): ChartSeries => ({
    label,
    colour,
    values: rateOf(answer, series[name]),
  });
  const gauge = (values: readonly (number | null)[]) => gaugeOf(answer, values as readonly number[]);
  return {
    answer,
    at: stepsOf(answer),
    rate: [{ ...perSecond(['requests a second', 'requests', '--series-1']), filled: true }],
    success: [{ label: 'not answered with 5xx', colour: '--ok', values: gauge(successOf(answer)) }],
    statuses: STATUSES.map(perSecond),
    latency: QUANTILES.map(([label, share, colour]) => ({ label, colour, values: gauge(quantileOf(answer, share)) })),
    inFlight: [
      { label: 'requests in flight', colour: '--series-1', values: gauge(series.inFlight), filled: true },
      { label: 'connections', colour: '--series-6', values: gauge(series.connections), dashed: true },
    ],
    bounded: BOUNDED.map(perSecond),
    selection: selectionOf(answer, pool).map(({ name, shares }, line) => ({
      label: name,
      colour: `--series-${line + 1}`,
      values: gauge(shares),
    })),
  };
}

/** Null where nothing was asked: that is no success and no failure. */
function successOf({ series }: HistoryAnswer): (number | null)[] {
  return series.requests.map((requests, step) =>
    requests === 0 ? null : 1 - (series.status5xx[step] ?? 0) / requests,
  );
}
