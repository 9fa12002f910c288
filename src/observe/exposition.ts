/**
 * Prometheus' text exposition format, version 0.0.4. One family at a time: its lines must stand together.
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/
 */
import { HISTOGRAM_CELLS, bucketMiddleUs } from '#memory/histogram.ts';

export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Upper bounds in seconds that OpenTelemetry recommends for the duration of HTTP requests. */
export const DURATION_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] as const;

export type Labels = Readonly<Record<string, string>>;
export type FamilyType = 'counter' | 'gauge' | 'histogram';

export class Exposition {
  readonly #lines: string[] = [];
  #name = '';

  /** Begins a family; the samples that follow are its own. */
  family(name: string, type: FamilyType, help: string): this {
    this.#name = name;
    this.#lines.push(
      `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`,
      `# TYPE ${name} ${type}`,
    );
    return this;
  }

  /** A label whose value is '' is left out: the format takes both for the same. */
  sample(labels: Labels, value: number): this {
    this.#lines.push(`${this.#name}${labelText(labels)} ${numberText(value)}`);
    return this;
  }

  /** A histogram of microseconds, exposed in seconds. */
  histogram(labels: Labels, cells: Float64Array, sumUs: number): this {
    let cell = 0;
    let seen = 0;
    for (const bound of DURATION_BOUNDS) {
      // A cell that straddles the bound counts on the side where its middle lies; cells are 3 % wide.
      while (cell < HISTOGRAM_CELLS && bucketMiddleUs(cell) <= bound * 1e6) seen += cells[cell++] as number;
      this.#lines.push(`${this.#name}_bucket${labelText({ ...labels, le: numberText(bound) })} ${seen}`);
    }
    while (cell < HISTOGRAM_CELLS) seen += cells[cell++] as number;
    this.#lines.push(
      `${this.#name}_bucket${labelText({ ...labels, le: '+Inf' })} ${seen}`,
      `${this.#name}_sum${labelText(labels)} ${numberText(sumUs / 1e6)}`,
      `${this.#name}_count${labelText(labels)} ${seen}`,
    );
    return this;
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`;
  }
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function numberText(value: number): string {
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  return Number.isNaN(value) ? 'NaN' : String(value);
}
