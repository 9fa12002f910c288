/**
 * What `${NAME}` stands for, kept out of texts that more people read than may know it: lines of differences are read by viewers
 * and kept for years, and the field that a reference stands in need not be one whose name says "secret".
 *
 * A plan no longer knows what was written as a reference, and says some of it in other units. So a value counts as a
 * reference's when it equals what one stands for (as text, number, milliseconds, bytes, …) in the same section of the
 * configuration, and a longer text wherever it occurs. Rather too much is hidden than too little.
 */
import { expand, referencesIn, type Environment } from './environment.ts';
import { hideInUrl, HIDDEN } from './redaction.ts';
import { isMapping } from './tree.ts';
import { readDuration, readRate, readShare, readSize, type Reading } from './quantities.ts';

/** Shorter texts occur by chance: they are hidden only where they are the whole value. */
const PART_LENGTH_MIN = 5;
/** More than any configuration has; all are looked for in each text that is shown. Beyond that no value is shown. */
const REFERENCES_MAX = 1000;

export class WrittenReferences {
  readonly #parts = new Map<string, string>();
  /** By section (the first step of a path) and value. */
  readonly #whole = new Map<string, string>();
  readonly #pattern: RegExp | null;
  #count = 0;

  /** `documents`: as written, so that references are text. */
  constructor(documents: readonly unknown[], environment: Environment) {
    for (const data of documents) this.#collect(data, '', environment);
    const longestFirst = [...this.#parts.keys()].toSorted((a, b) => b.length - a.length);
    this.#pattern =
      longestFirst.length === 0 ? null : new RegExp(longestFirst.map((text) => RegExp.escape(text)).join('|'), 'gi');
  }

  /** A single value of a section, as it may be shown. */
  hide(value: unknown, section: string): unknown {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return value;
    if (this.#count > REFERENCES_MAX) return HIDDEN;
    const whole = this.#whole.get(keyOf(section, String(value).toLowerCase()));
    if (whole !== undefined) return whole;
    return typeof value === 'string' ? this.hideParts(value) : value;
  }

  /** A text of any kind, such as a name. */
  hideParts(text: string): string {
    if (this.#count > REFERENCES_MAX) return HIDDEN;
    if (this.#pattern === null) return text;
    return text.replaceAll(this.#pattern, (found) => this.#parts.get(found.toLowerCase()) ?? HIDDEN);
  }

  #collect(data: unknown, section: string, environment: Environment): void {
    if (this.#count > REFERENCES_MAX) return;
    if (typeof data === 'string') this.#add(data, section, environment);
    else if (Array.isArray(data)) for (const one of data) this.#collect(one, section, environment);
    else if (data instanceof Map || isMapping(data)) {
      const entries = data instanceof Map ? [...data] : Object.entries(data);
      for (const [key, one] of entries) this.#collect(one, section === '' ? String(key) : section, environment);
    }
  }

  #add(text: string, section: string, environment: Environment): void {
    if (!text.includes('${')) return;
    const references = referencesIn(text, environment);
    if (references.length === 0) return;
    this.#count += references.length;
    this.#learn(withoutDefaults(text), expand(text, environment)?.text ?? '', section);
    for (const { name, value } of references) {
      const reference = `\${${name}}`;
      this.#learn(reference, value, section);
      if (value.length >= PART_LENGTH_MIN) this.#parts.set(value.toLowerCase(), reference);
    }
  }

  #learn(written: string, value: string, section: string): void {
    if (value === '') return;
    for (const form of formsOf(value)) this.#whole.set(keyOf(section, form), hideInUrl(written));
  }
}

const keyOf = (section: string, value: string): string => `${section}\n${value}`;

/** A value in the units that a plan may say it in. */
function formsOf(value: string): Set<string> {
  const forms = new Set([value.toLowerCase()]);
  if (/^[\d.+-]+$/.test(value) && Number.isFinite(Number(value))) forms.add(String(Number(value)));
  for (const read of [readDuration, readSize, readRate, readShare] as ((raw: string) => Reading<unknown>)[]) {
    const reading = read(value);
    if ('value' in reading && typeof reading.value === 'number') forms.add(String(reading.value));
  }
  return forms;
}

/** What stands behind `:-` is as secret as what it stands in for. */
function withoutDefaults(text: string): string {
  return text.replaceAll(/\$\{([A-Za-z_]\w*):-[^{}]*\}/g, '${$1}');
}
