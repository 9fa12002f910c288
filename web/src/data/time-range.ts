/**
 * The time that charts show, in the address: `range=15m` follows now; `from` and `to` (seconds since 1970) stand still, which
 * is what pausing and scrubbing make of it.
 */
import { computed, type ReadonlySignal } from '@preact/signals';
import { query, setQuery } from '../routing/address.ts';
import { serverNow } from './clock.ts';

/** What the server keeps (24 h) is the longest. */
export const RANGES = [
  { name: '5m', label: '5 min', seconds: 300 },
  { name: '15m', label: '15 min', seconds: 900 },
  { name: '1h', label: '1 h', seconds: 3_600 },
  { name: '6h', label: '6 h', seconds: 21_600 },
  { name: '24h', label: '24 h', seconds: 86_400 },
] as const;
export type RangeName = (typeof RANGES)[number]['name'];

const FALLBACK = RANGES[1];
const KEPT_S = 86_400;

export interface TimeRange {
  readonly name: RangeName;
  readonly seconds: number;
  /** Seconds since 1970 where it stands still; null: it ends now. */
  readonly fixed: { readonly from: number; readonly to: number } | null;
}

export const timeRange: ReadonlySignal<TimeRange> = computed(() => {
  const given = query.value;
  const { name, seconds } = RANGES.find((range) => range.name === given.get('range')) ?? FALLBACK;
  const from = Number(given.get('from'));
  const to = Number(given.get('to'));
  if (!(from > 0) || !(to > from) || to - from > KEPT_S) return { name, seconds, fixed: null };
  return { name, seconds: to - from, fixed: { from, to } };
});

export const isPaused: ReadonlySignal<boolean> = computed(() => timeRange.value.fixed !== null);

/** Follows now again, over this range. */
export function chooseRange(name: RangeName): void {
  setQuery({ range: name === FALLBACK.name ? null : name, from: null, to: null });
}

/** Stands still where it is. */
export function pause(): void {
  const to = Math.floor(serverNow() / 1000);
  showBetween(to - timeRange.peek().seconds, to);
}

export function resume(): void {
  setQuery({ from: null, to: null });
}

/** Shows this stretch, in seconds since 1970, and stands still. */
export function showBetween(from: number, to: number): void {
  setQuery({ from: String(Math.floor(from)), to: String(Math.ceil(to)) });
}

/** Moves by shares of what is shown: -0.5 goes half of it back. Going past now follows it again. */
export function scrub(by: number): void {
  const { seconds, fixed } = timeRange.peek();
  const now = Math.floor(serverNow() / 1000);
  const to = (fixed?.to ?? now) + Math.round(seconds * by);
  if (to >= now) resume();
  else {
    const earliest = now - KEPT_S + seconds;
    const end = Math.max(to, earliest);
    showBetween(end - seconds, end);
  }
}
