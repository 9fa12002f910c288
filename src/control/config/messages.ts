/** What is said of each thing that the schema refuses. */
import type { z } from 'zod';
import { suggestion } from './nearest.ts';
import { shorten } from './quantities.ts';

const KINDS = new Map([
  ['string', 'text'],
  ['number', 'a number'],
  ['int', 'a whole number'],
  ['boolean', '`true` or `false`'],
  ['array', 'a list (`[…]`, or lines that begin with `-`)'],
  ['object', 'a mapping (`key: value`)'],
  ['record', 'a mapping (`key: value`)'],
]);

/** Of one section; more would only cost time. */
const KEYS_MAX = 500;

/** One line for each unknown key, in the order of the issue's `keys`; any other issue is one line. */
export function describeIssue(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys
        .slice(0, KEYS_MAX)
        .map((key) => `unknown key \`${shorten(key)}\`${suggestion(key, keysOf(issue.inst))}`)
        .join('\n');
    case 'invalid_type':
      if (issue.input === undefined) return `is missing; expected ${KINDS.get(issue.expected) ?? issue.expected}`;
      return `expected ${KINDS.get(issue.expected) ?? issue.expected}, got ${describeValue(issue.input)}`;
    case 'invalid_value': {
      const known = issue.values.map(String);
      if (typeof issue.input !== 'string')
        return `expected one of ${known.map((one) => `\`${one}\``).join(', ')}, got ${describeValue(issue.input)}`;
      return `\`${shorten(issue.input)}\` is not possible${suggestion(issue.input, known)}`;
    }
    case 'too_small':
      return `${describeSize(issue.input)} is too ${sizeWord(issue.origin, 'small', 'short')}; ${bound(issue.inclusive, issue.minimum, 'least', 'more')}`;
    case 'too_big':
      return `${describeSize(issue.input)} is too ${sizeWord(issue.origin, 'large', 'long')}; ${bound(issue.inclusive, issue.maximum, 'most', 'less')}`;
    default:
      return undefined;
  }
}

/** Zod says `inclusive: false` for a bound that is not possible itself, and often nothing for one that is. */
function bound(inclusive: boolean | undefined, at: unknown, end: 'least' | 'most', than: 'more' | 'less'): string {
  return inclusive === false ? `${than} than ${String(at)} is possible` : `${String(at)} is the ${end}`;
}

/** The keys that the refusing section knows. */
function keysOf(inst: unknown): string[] {
  const shape = (inst as { _zod?: { def?: { shape?: object } } } | undefined)?._zod?.def?.shape;
  return shape === undefined ? [] : Object.keys(shape);
}

function sizeWord(origin: string, number: string, list: string): string {
  return origin === 'array' || origin === 'string' ? list : number;
}

function describeSize(input: unknown): string {
  if (Array.isArray(input)) return `a list of ${input.length}`;
  return describeValue(input);
}

/** What stands there, in words that a reader of the file knows. */
export function describeValue(value: unknown): string {
  if (value === null) return '`null`';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'string') return value === '' ? 'an empty text' : `the text \`${shorten(value)}\``;
  return `\`${String(value as number | boolean)}\``;
}
