/** Moments and spans as people read them, in the reader's own time zone. */
import { UNKNOWN, type Known } from './figures.ts';

const clock = new Intl.DateTimeFormat('en', { timeStyle: 'medium', hourCycle: 'h23' });
const day = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short' });
const PARTS = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
] as const;

/** `14:03:21`; with the day when it is not today's. ISO 8601 or milliseconds since 1970. */
export function moment(at: string | number | null | undefined, nowMs: number = Date.now()): string {
  if (at === null || at === undefined) return UNKNOWN;
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return UNKNOWN;
  const time = clock.format(date);
  return date.toDateString() === new Date(nowMs).toDateString() ? time : `${day.format(date)}, ${time}`;
}

/** The two largest parts: `2 d 4 h`, `3 min 12 s`, `0 s`. */
export function span(seconds: Known): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return UNKNOWN;
  let left = Math.max(0, Math.floor(seconds));
  const first = PARTS.findIndex(([size]) => left >= size);
  if (first === -1) return '0 s';
  const parts: string[] = [];
  for (const [size, unit] of PARTS.slice(first, first + 2)) {
    const amount = Math.floor(left / size);
    left -= amount * size;
    if (amount > 0) parts.push(`${amount} ${unit}`);
  }
  return parts.join(' ');
}

/** `just now`, `12 s ago`, `3 min ago`. */
export function ago(atMs: number, nowMs: number): string {
  const seconds = Math.floor((nowMs - atMs) / 1000);
  if (seconds < 2) return 'just now';
  const [size, unit] = PARTS.find(([least]) => seconds >= least) ?? [1, 's'];
  return `${Math.floor(seconds / size)} ${unit} ago`;
}
