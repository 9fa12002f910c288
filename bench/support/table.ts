import type { Spread } from './statistics.ts';

/** A Markdown table, aligned so that it reads in a terminal too. The first column is text, the others numbers. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, column) => Math.max(cell.length, 3, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, column) => pad(cells[column] ?? '', width, column > 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width, column) => (column > 0 ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))).join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

/** A figure with as many digits as mean something; a dash for one that was not measured. */
export function figure(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return '-';
  if (value === 0) return '0';
  const whole = Math.floor(Math.log10(Math.abs(value))) + 1;
  return value.toFixed(Math.max(0, Math.min(digits, digits - Math.max(1, whole))));
}

/** `median (min–max)`. */
export function spreadText(values: Spread, digits = 3): string {
  if (values.count === 0) return '-';
  return `${figure(values.median, digits)} (${figure(values.min, digits)}–${figure(values.max, digits)})`;
}

/** A ratio as `median (min–max)`, always with two decimals. */
export function ratioText(values: Spread): string {
  if (values.count === 0) return '-';
  return `${values.median.toFixed(2)} (${values.min.toFixed(2)}–${values.max.toFixed(2)})`;
}

function pad(text: string, width: number, right: boolean): string {
  return right ? text.padStart(width) : text.padEnd(width);
}
