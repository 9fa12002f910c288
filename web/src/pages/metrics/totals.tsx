/** What the chosen range comes to: each counter, and how many of it there were a second. */
import type { HistoryAnswer, HistoryCounter } from '#contract/history.ts';
import { Stat, StatGroup } from '../../components/stat.tsx';
import { figures } from '../../data/live-figures.ts';
import { isPaused } from '../../data/time-range.ts';
import { count, rate, share, short, UNKNOWN } from '../../format/figures.ts';

const COUNTERS: readonly (readonly [HistoryCounter, string])[] = [
  ['requests', 'Requests'],
  ['retries', 'Retries'],
  ['failovers', 'Failovers'],
  ['upstreamErrors', 'Upstream errors'],
  ['circuitOpens', 'Circuit opens'],
  ['rateLimited', 'Rate limited'],
];
/** One of these is worth a look. */
const TROUBLES: readonly HistoryCounter[] = ['upstreamErrors', 'circuitOpens'];

export function Totals({ answer }: { readonly answer: HistoryAnswer | null }) {
  const now = figures.value;
  const seconds = answer === null ? 0 : answer.at.length * answer.step;
  const requests = answer === null ? null : sum(answer.series.requests);
  const ratio = (amount: number | null) =>
    requests === null || amount === null || requests === 0 ? UNKNOWN : `${share(amount / requests)} of requests`;
  return (
    <StatGroup label="In this range">
      {COUNTERS.map(([name, label]) => {
        const amount = answer === null ? null : sum(answer.series[name]);
        const isTrouble = TROUBLES.includes(name) && amount !== null && amount > 0;
        return (
          <Stat
            key={name}
            label={label}
            value={short(amount)}
            {...(isTrouble && { tone: 'warn' as const })}
            note={
              name === 'requests' ? `${rate(seconds === 0 ? null : (amount ?? 0) / seconds)} a second` : ratio(amount)
            }
          />
        );
      })}
      <Stat
        label="In flight"
        value={count(isPaused.value ? answer?.series.inFlight.at(-1) : now?.inFlight)}
        note={isPaused.value ? 'at the end of it' : 'now'}
      />
    </StatGroup>
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
