/**
 * What is out of its normal range, compared with the past of the same process.
 *
 * Why: a threshold that fits one service is noise in the next. What people notice is that it is not as it was.
 * Conditions: the past is some spans without an incident. p99 is out when it is P99_TIMES the usual one and P99_MS above it, and
 * above what nine in ten of the past spans had, by a third: some services are restless by nature. Errors are out when they are
 * ERRORS_TIMES the usual share and ERRORS_MORE above it, and at least ERRORS_MIN. Circuits are out when more open than in any past span.
 * Precedence: none; all that is out is told.
 * False alarms: with too few requests a quantile says nothing (REQUESTS_MIN); without enough of a past (PAST_MIN) nothing is normal yet,
 * and nothing is out. Whoever watches asks for it twice in a row before an incident is opened.
 * Source: the median and the ninth decile instead of mean and deviation, since latencies have heavy tails (Dean and Barroso,
 * "The Tail at Scale", 2013).
 */
import type { IncidentFigures, IncidentSign } from '#contract/incidents.ts';

export const PAST_MIN = 6;
const REQUESTS_MIN = 50;
const P99_TIMES = 2;
const P99_MS = 20;
const P99_RESTLESS = 1.33;
const ERRORS_TIMES = 3;
const ERRORS_MORE = 0.02;
const ERRORS_MIN = 5;

/** The figures in the middle of the past. */
export function usualOf(past: readonly IncidentFigures[]): IncidentFigures {
  const middle = (of: (figures: IncidentFigures) => number | null): number | null => {
    const values = past.map(of).filter((value) => value !== null);
    return quantile(values, 0.5);
  };
  return {
    requests: middle(({ requests }) => requests) ?? 0,
    p99Ms: middle(({ p99Ms }) => p99Ms),
    errors: middle(({ errors }) => errors),
    circuitOpens: middle(({ circuitOpens }) => circuitOpens) ?? 0,
  };
}

export function signsOf(recent: IncidentFigures, past: readonly IncidentFigures[]): IncidentSign[] {
  if (past.length < PAST_MIN) return [];
  const usual = usualOf(past);
  const signs: IncidentSign[] = [];
  if (isSlow(recent, usual, past)) signs.push('p99');
  if (isFailing(recent, usual)) signs.push('errors');
  if (recent.circuitOpens > Math.max(...past.map(({ circuitOpens }) => circuitOpens))) signs.push('circuits');
  return signs;
}

function isSlow(
  { requests, p99Ms }: IncidentFigures,
  usual: IncidentFigures,
  past: readonly IncidentFigures[],
): boolean {
  if (p99Ms === null || usual.p99Ms === null || requests < REQUESTS_MIN) return false;
  const high =
    quantile(
      past.flatMap((figures) => (figures.p99Ms === null ? [] : [figures.p99Ms])),
      0.9,
    ) ?? usual.p99Ms;
  return p99Ms > Math.max(usual.p99Ms * P99_TIMES, usual.p99Ms + P99_MS, high * P99_RESTLESS);
}

function isFailing({ requests, errors }: IncidentFigures, usual: IncidentFigures): boolean {
  if (errors === null || errors * requests < ERRORS_MIN) return false;
  const before = usual.errors ?? 0;
  return errors > Math.max(before * ERRORS_TIMES, before + ERRORS_MORE);
}

/** Null: there are none. */
function quantile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null;
}
