/**
 * How durations, sizes, rates and shares are written. Each reader gives a number in one unit, or the sentence that says
 * what would be right.
 */

/** What a reader gives: the value, or why the text cannot be read. */
export type Reading<T> = { readonly value: T } | { readonly problem: string };

/** Node's timers count milliseconds in 32 bits; 24 days is the whole number of days below that. */
const DURATION_MS_MAX = 24 * 24 * 3_600_000;
const MS_BY_UNIT = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

const DURATION_HELP = 'write a number with its unit: `250ms`, `5s`, `2m` or `1h`';

/** Milliseconds. */
export function readDuration(raw: string | number): Reading<number> {
  if (raw === 0 || raw === '0') return { value: 0 };
  if (typeof raw === 'number') return { problem: `\`${raw}\` has no unit; ${DURATION_HELP}` };
  const match = /^(\d+(?:\.\d+)?) ?([a-z]+)$/i.exec(raw);
  const unit = match === null ? undefined : MS_BY_UNIT.get(match[2]);
  if (match === null || unit === undefined)
    return { problem: `\`${shorten(raw)}\` is not a duration; ${DURATION_HELP}` };
  const value = Math.round(Number(match[1]) * unit);
  if (value === 0 && Number(match[1]) > 0)
    return { problem: `\`${raw}\` is less than a millisecond; \`1ms\` is the least` };
  if (value > DURATION_MS_MAX) return { problem: `\`${shorten(raw)}\` is too long; 24 days (\`576h\`) is the most` };
  return { value };
}

const BYTES_BY_UNIT = new Map([
  ['b', 1],
  ['kib', 1024],
  ['mib', 1024 ** 2],
  ['gib', 1024 ** 3],
  ['tib', 1024 ** 4],
  ['kb', 1000],
  ['mb', 1000 ** 2],
  ['gb', 1000 ** 3],
  ['tb', 1000 ** 4],
]);

/** Bytes. `KiB` counts in 1024, `kB` and `KB` in 1000; letter case does not matter. */
export function readSize(raw: string | number): Reading<number> {
  const match = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(String(raw));
  const unit = match === null ? undefined : BYTES_BY_UNIT.get(match[2].toLowerCase() || 'b');
  if (match === null || unit === undefined) {
    return {
      problem: `\`${shorten(String(raw))}\` is not a size; write bytes or a number with its unit: \`4096\`, \`32KiB\`, \`1MB\``,
    };
  }
  const value = Number(match[1]) * unit;
  if (!Number.isInteger(value)) return { problem: `\`${shorten(String(raw))}\` is not a whole number of bytes` };
  if (!Number.isSafeInteger(value))
    return { problem: `\`${shorten(String(raw))}\` is more than can be counted; \`0\` means no limit` };
  return { value };
}

const SECONDS_BY_UNIT = new Map([
  ['s', 1],
  ['sec', 1],
  ['second', 1],
  ['m', 60],
  ['min', 60],
  ['minute', 60],
  ['h', 3600],
  ['hour', 3600],
]);

/** Events per second. */
export function readRate(raw: string | number): Reading<number> {
  const match = /^(\d+(?:\.\d+)?) ?\/ ?([a-z]+)$/i.exec(String(raw));
  const seconds = match === null ? undefined : SECONDS_BY_UNIT.get(match[2]);
  if (match === null || seconds === undefined) {
    return { problem: `\`${shorten(String(raw))}\` is not a rate; write \`100/s\`, \`600/min\` or \`1000/h\`` };
  }
  const value = Number(match[1]) / seconds;
  if (!(value > 0)) return { problem: `\`${raw}\` lets nothing through; write \`null\` to turn a rate limit off` };
  return { value };
}

/** A part of the whole, 0 to 1. */
export function readShare(raw: string | number): Reading<number> {
  const match = /^(\d+(?:\.\d+)?) ?(%?)$/.exec(String(raw));
  const value = match === null ? NaN : match[2] === '%' ? Number(match[1]) / 100 : Number(match[1]);
  if (Number.isNaN(value)) return { problem: `\`${shorten(String(raw))}\` is not a share; write \`20%\` or \`0.2\`` };
  if (value > 1) {
    const hint = match?.[2] === '' && value <= 100 ? `; did you mean \`${raw}%\`?` : '';
    return { problem: `\`${shorten(String(raw))}\` is more than the whole; a share is \`0%\` to \`100%\`${hint}` };
  }
  return { value };
}

/** Keeps what is quoted in a message to one short line. */
export function shorten(text: string, most = 60): string {
  const line = text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
  return line.length <= most ? line : `${line.slice(0, most - 3)}...`;
}
