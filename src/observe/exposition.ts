/**
 * What `GET /metrics` answers with: Prometheus' text format 0.0.4, or OpenMetrics 1.0. One family at a time: its lines must
 * stand together. The two differ in a counter's family name (without `_total` in OpenMetrics), in the unit, and in the last
 * line. Bounds of buckets are written as OpenMetrics wants them (`1.0`) in both, so that a series keeps its labels whichever
 * is asked for. `_created` samples are left out: they may be, and would add a third to the lines of counters.
 *
 * Written as bytes into one buffer: with a thousand backends that is 4 MB in 48,000 lines. Lines of backends come in blocks that
 * are kept from scrape to scrape (line-block.ts).
 * Sources: https://prometheus.io/docs/instrumenting/exposition_formats/, https://prometheus.io/docs/specs/om/open_metrics_spec/
 */
import { DURATION_BOUNDS, DURATION_CELLS } from '#memory/duration-cells.ts';
import { LabelSet, type Labels } from './label-set.ts';
import type { LineBlock } from './line-block.ts';
import { NUMBER_BYTES_MAX, numberText } from './number-bytes.ts';

export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
export const OPEN_METRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

export type FamilyType = 'counter' | 'gauge' | 'histogram';
export type Form = 'text' | 'openmetrics';

/** Units that OpenMetrics is told of, which are the ends of names. */
const UNITS = ['seconds', 'bytes'];
const TOTAL = '_total';
/** Upper bounds as they stand in the label `le`. */
export const BOUND_TEXTS: readonly string[] = [
  ...DURATION_BOUNDS.map((bound) => (Number.isInteger(bound) ? `${bound}.0` : String(bound))),
  '+Inf',
];
const FIRST_BYTES = 64 * 1024;
/** As large as the last one was, and some more: growing a buffer of megabytes copies it several times. */
let usualBytes = FIRST_BYTES;

export class Exposition {
  readonly form: Form;
  #bytes = Buffer.allocUnsafeSlow(usualBytes);
  #end = 0;
  /** The family that was begun last. */
  name = '';

  constructor(form: Form = 'text') {
    this.form = form;
  }

  /** Begins a family; the samples that follow are its own. */
  family(name: string, type: FamilyType, help: string): this {
    this.name = name;
    const open = this.form === 'openmetrics';
    const family = open && type === 'counter' && name.endsWith(TOTAL) ? name.slice(0, -TOTAL.length) : name;
    let escaped = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
    if (open) escaped = escaped.replaceAll('"', '\\"');
    const unit = open ? UNITS.find((each) => family.endsWith(`_${each}`)) : undefined;
    this.#write(`# HELP ${family} ${escaped}\n# TYPE ${family} ${type}\n`);
    if (unit !== undefined) this.#write(`# UNIT ${family} ${unit}\n`);
    return this;
  }

  sample(labels: Labels, value: number): this {
    this.#line(LabelSet.of(labels).startOf(this.name), value);
    return this;
  }

  /** A histogram of durations: how many by `durationCell`, and their sum in microseconds. */
  histogram(labels: Labels, cells: Float64Array, sumUs: number): this {
    const set = LabelSet.of(labels);
    let seen = 0;
    for (let cell = 0; cell < DURATION_CELLS; cell++) {
      seen += cells[cell] as number;
      this.#line(set.with('le', BOUND_TEXTS[cell] as string).startOf(`${this.name}_bucket`), seen);
    }
    this.#line(set.startOf(`${this.name}_sum`), sumUs / 1e6);
    this.#line(set.startOf(`${this.name}_count`), seen);
    return this;
  }

  /** Lines of the family that are kept elsewhere. */
  block(lines: LineBlock): this {
    this.#reserve(lines.bytesMax);
    this.#end = lines.write(this.#bytes, this.#end);
    return this;
  }

  /** The whole, which ends here. */
  toBuffer(): Buffer {
    if (this.form === 'openmetrics') this.#write('# EOF\n');
    usualBytes = Math.max(FIRST_BYTES, Math.ceil(this.#end * 1.02));
    return this.#bytes.subarray(0, this.#end);
  }

  toString(): string {
    return this.toBuffer().toString('utf8');
  }

  #line(start: string, value: number): void {
    this.#write(start);
    this.#reserve(NUMBER_BYTES_MAX + 1);
    this.#end += this.#bytes.write(numberText(value), this.#end, 'latin1');
    this.#bytes[this.#end++] = 0x0a;
  }

  #write(text: string): void {
    // A character takes three bytes of UTF-8 at most, for each unit of the string.
    this.#reserve(3 * text.length);
    this.#end += this.#bytes.write(text, this.#end);
  }

  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(2 * this.#bytes.length, this.#end + bytes));
    this.#bytes.copy(grown, 0, 0, this.#end);
    this.#bytes = grown;
  }
}
