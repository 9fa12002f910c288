/** What `GET /metrics` says, read as a scraper reads it. */
import assert from 'node:assert/strict';

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export class MetricSamples {
  readonly all: readonly Sample[];

  constructor(text: string) {
    this.all = text.split('\n').flatMap((line) => (line === '' || line.startsWith('#') ? [] : [sampleOf(line)]));
  }

  /** The sum of all samples of a name that have these labels. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.#of(name, labels).reduce((sum, { value }) => sum + value, 0);
  }

  /** Sums by the value of a label, those above 0. */
  by(label: string, name: string, labels: Readonly<Record<string, string>> = {}): Record<string, number> {
    const sums: Record<string, number> = {};
    for (const { labels: found, value } of this.#of(name, labels)) {
      const key = found[label] ?? '';
      if (value > 0) sums[key] = (sums[key] ?? 0) + value;
    }
    return sums;
  }

  #of(name: string, labels: Readonly<Record<string, string>>): Sample[] {
    return this.all.filter(
      (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
    );
  }
}

/** One of our own lines: no timestamps, no spaces around signs. */
function sampleOf(line: string): Sample {
  const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
  assert.ok(match, `no sample: ${line}`);
  const labels: Record<string, string> = {};
  for (const [, key = '', value = ''] of (match[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g))
    labels[key] = value.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
  return { name: match[1] as string, labels, value: Number((match[3] as string).replace('Inf', 'Infinity')) };
}
