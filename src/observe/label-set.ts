/** Labels of a sample, as text: escaped once, and used by all lines that have them. */
export type Labels = Readonly<Record<string, string>>;

export class LabelSet {
  /** `a="x",b="y"`; '' for none. */
  readonly text: string;

  private constructor(text: string) {
    this.text = text;
  }

  /** Labels without a value are left out, since to Prometheus they are the same as none. */
  static of(labels: Labels): LabelSet {
    let text = '';
    for (const name in labels) text = joined(text, name, labels[name] as string);
    return new LabelSet(text);
  }

  /** The same labels and one more. */
  with(name: string, value: string): LabelSet {
    return new LabelSet(joined(this.text, name, value));
  }

  /** The same labels and those of another set behind them. */
  and({ text }: LabelSet): LabelSet {
    if (text === '' || this.text === '') return new LabelSet(this.text + text);
    return new LabelSet(`${this.text},${text}`);
  }

  /** A line of `metric` up to its value. */
  startOf(metric: string): string {
    return this.text === '' ? `${metric} ` : `${metric}{${this.text}} `;
  }
}

function joined(text: string, name: string, value: string): string {
  if (value === '') return text;
  const label = `${name}="${escaped(value)}"`;
  return text === '' ? label : `${text},${label}`;
}

function escaped(value: string): string {
  if (!/["\\\n]/.test(value)) return value;
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
