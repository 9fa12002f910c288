/** Figures as people read them. A figure that is not known is an em dash: zero is a figure too. */

export const UNKNOWN = '—';
export type Known = number | null | undefined;

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

function known(value: Known): value is number {
  return value !== null && value !== undefined && Number.isFinite(value);
}

/** `48,211` */
export function count(value: Known): string {
  return known(value) ? whole.format(value) : UNKNOWN;
}

/** `48.2K`, for narrow places. */
export function short(value: Known): string {
  if (!known(value)) return UNKNOWN;
  return Math.abs(value) < 10_000 ? whole.format(value) : compact.format(value);
}

/** Of requests a second: `0.4`, `12.3`, `1,234`. */
export function rate(value: Known): string {
  if (!known(value)) return UNKNOWN;
  return value >= 100 ? whole.format(value) : value.toFixed(1);
}

/** Milliseconds with three digits that count: `0.42 ms`, `12.3 ms`, `1.24 s`. */
export function millis(value: Known): string {
  if (!known(value)) return UNKNOWN;
  if (value >= 10_000) return `${(value / 1000).toFixed(1)} s`;
  if (value >= 1000) return `${(value / 1000).toFixed(2)} s`;
  return `${value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2)} ms`;
}

/** Of 1, as `99.97 %`. Never rounded up to all of it: one failure in a million is not none. */
export function share(value: Known): string {
  if (!known(value)) return UNKNOWN;
  const percent = value * 100;
  if (percent === 100 || percent === 0) return `${percent} %`;
  const digits = percent > 99 || percent < 1 ? 2 : 1;
  const scale = 10 ** digits;
  const rounded = percent > 50 ? Math.floor(percent * scale) / scale : Math.ceil(percent * scale) / scale;
  return `${rounded.toFixed(digits)} %`;
}

/** `1.4 MB`, in powers of 1000. */
export function bytes(value: Known): string {
  if (!known(value)) return UNKNOWN;
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let left = value;
  let unit = 0;
  while (Math.abs(left) >= 1000 && unit < units.length - 1) {
    left /= 1000;
    unit += 1;
  }
  return `${unit === 0 || left >= 100 ? left.toFixed(0) : left.toFixed(1)} ${units[unit] as string}`;
}

/** `$34.65`; more digits below a cent. */
export function money(value: Known, currency: string): string {
  if (!known(value)) return UNKNOWN;
  const digits = value !== 0 && Math.abs(value) < 0.01 ? 4 : 2;
  return new Intl.NumberFormat('en', { style: 'currency', currency, maximumFractionDigits: digits }).format(value);
}
