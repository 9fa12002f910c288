/**
 * Labels of a sample, as text: made once for each backend of a plan and used by every family, since a scrape of a thousand
 * backends spends its time on little else.
 */
export type Labels = Readonly<Record<string, string>>;

export class LabelSet {
  /** `a="x",b="y"`; '' for none. */
  readonly text: string;

  private constructor(text: string) {
    this.text = text;
  }

  /** A label whose value is '' is left out: the formats take both for the same. */
  static of(labels: Labels): LabelSet {
    let text = '';
    for (const [name, value] of Object.entries(labels)) text = joined(text, name, value);
    return new LabelSet(text);
  }

  /** The same labels and one more. */
  with(name: string, value: string): LabelSet {
    return new LabelSet(joined(this.text, name, value));
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
