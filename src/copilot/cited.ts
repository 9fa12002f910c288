/**
 * Numbers that know where they were read. A text can only hold such numbers (told.ts), so whatever it claims can be looked up.
 * `Cited` has a mark of its own: an object that merely looks like one is no `Cited` for the compiler, and only this file makes them.
 */
import type { CitedUnit, CitedValue } from '#contract/copilot.ts';

declare const mark: unique symbol;
export type Cited = CitedValue & { readonly [mark]: true };

export type CitedLabels = Readonly<Record<string, string>>;

function made(value: CitedValue): Cited {
  return value as Cited;
}

/** Counted over the `windowS` seconds before the readings, as `GET /metrics` counts it. */
export function counted(
  metric: string,
  labels: CitedLabels,
  value: number,
  windowS: number,
  unit: CitedUnit = 'count',
): Cited {
  return made({ metric, labels, value, unit, windowS, source: 'GET /metrics', of: [] });
}

/** State changes counted over the `windowS` seconds before the readings. */
export function happened(event: string, labels: CitedLabels, times: number, windowS: number): Cited {
  return made({ metric: event, labels, value: times, unit: 'count', windowS, source: 'GET /admin/events', of: [] });
}

/** As it was at the moment of the readings. `source`: the call that gives it. */
export function standing(metric: string, labels: CitedLabels, value: number, unit: CitedUnit, source: string): Cited {
  return made({ metric, labels, value, unit, windowS: null, source, of: [] });
}

/** A setting in force, its default included. `path` is the key as the configuration names it. */
export function setting(path: string, value: number, unit: CitedUnit): Cited {
  return made({ metric: path, labels: {}, value, unit, windowS: null, source: 'GET /admin/config', of: [] });
}

/** Worked out from other values; `what` says in words what it is. */
export function workedOut(what: string, value: number, unit: CitedUnit, of: readonly Cited[]): Cited {
  const windowS = of.find((part) => part.windowS !== null)?.windowS ?? null;
  return made({ metric: what, labels: {}, value, unit, windowS, source: 'worked out', of });
}

/** `part` of `whole`; 0 when there is nothing. */
export function shareOf(what: string, part: Cited, whole: Cited): Cited {
  return workedOut(what, whole.value === 0 ? 0 : part.value / whole.value, 'share', [part, whole]);
}

/** `value` in multiples of `base`. */
export function timesOf(what: string, value: Cited, base: Cited): Cited {
  return workedOut(what, base.value === 0 ? 0 : value.value / base.value, 'times', [value, base]);
}

/** As people read it. */
export function shown({ value, unit, labels }: CitedValue): string {
  switch (unit) {
    case 'share':
      return `${digits(value * 100)} %`;
    case 'times':
      return `${digits(value)} times`;
    case 'ms':
      return value >= 10_000 ? `${digits(value / 1000)} s` : `${digits(value)} ms`;
    case 's':
      return `${digits(value)} s`;
    case '/s':
      return `${digits(value)}/s`;
    case 'money':
      return `${labels['currency'] ?? ''} ${value.toFixed(2)}`.trim();
    case 'count':
      return digits(value);
  }
}

/** Three digits that say something, whole numbers whole. */
function digits(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return String(Math.round(value));
  return String(Number(value.toPrecision(3)));
}
