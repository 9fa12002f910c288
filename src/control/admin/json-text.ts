/** Reading JSON that somebody sent: where it is malformed, and what no request may hold. */

/** Nothing that the API takes is nested this deep. */
const DEPTH_MAX = 64;

const TOKEN =
  /[ \t\n\r]*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w)))/y;

export type JsonReading = { readonly value: unknown } | { readonly problem: string };

/** The value, or one sentence on why there is none. What the text says is never repeated: it may hold a secret. */
export function readJson(text: string): JsonReading {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const { line, column } = placeOf(text, malformedAt(text));
    return { problem: `not JSON: line ${line}, column ${column} is not what could stand there` };
  }
  const refused = refusedPart(value);
  if (refused !== null) return { problem: refused };
  const repeated = repeatedKeyAt(text);
  if (repeated === null) return { value };
  const { line, column } = placeOf(text, repeated);
  return { problem: `the key at line ${line}, column ${column} is there already in its mapping; which one is meant?` };
}

/**
 * Offset of the first key that its object has already; null: there is none. `text` is JSON. Readers disagree on which of two
 * counts (RFC 8259, section 4), so whoever looked at a change before it came here may have seen another one.
 */
function repeatedKeyAt(text: string): number | null {
  const mark = /[{}[\],:"]/g;
  const stop = /["\\]/g;
  /** Keys of the objects that are open; null: an array. */
  const open: (Set<string> | null)[] = [];
  let wantsKey = false;
  for (let match = mark.exec(text); match !== null; match = mark.exec(text)) {
    const [what] = match;
    if (what === '"') {
      const end = endOfText(text, match.index + 1, stop);
      const keys = open.at(-1);
      if (wantsKey && keys) {
        const key = JSON.parse(text.slice(match.index, end)) as string;
        if (keys.has(key)) return match.index;
        keys.add(key);
      }
      mark.lastIndex = end;
    } else if (what === '{') open.push(new Set());
    else if (what === '[') open.push(null);
    else if (what === '}' || what === ']') open.pop();
    wantsKey = what === '{' || (what === ',' && open.at(-1) instanceof Set);
  }
  return null;
}

/** Where a text that begins before `from` is over, its closing quote included. `stop` finds quotes and backslashes. */
function endOfText(text: string, from: number, stop: RegExp): number {
  stop.lastIndex = from;
  for (let match = stop.exec(text); match !== null; match = stop.exec(text)) {
    if (match[0] === '"') return stop.lastIndex;
    stop.lastIndex += 1;
  }
  return text.length;
}

/** `__proto__` would become another object's prototype somewhere; depth would overflow somebody's stack. */
function refusedPart(value: unknown): string | null {
  const open: [unknown, number][] = [[value, 0]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [part, depth] = next;
    if (typeof part !== 'object' || part === null) continue;
    if (depth >= DEPTH_MAX) return `nested deeper than ${DEPTH_MAX} levels`;
    if (Object.hasOwn(part, '__proto__')) return '`__proto__` cannot be a key';
    for (const one of Object.values(part)) open.push([one, depth + 1]);
  }
  return null;
}

/** What may follow: a value, a key or the end of a mapping, … */
type Expect = 'value' | 'first value' | 'key' | 'first key' | 'colon' | 'next' | 'end';

/** Offset of the first token that RFC 8259 does not allow there; the text's length when it ends too early. */
export function malformedAt(text: string): number {
  const open: ('[' | '{')[] = [];
  let expect: Expect = 'value';
  const afterValue = (): Expect => (open.length === 0 ? 'end' : 'next');
  for (let at = 0; at < text.length;) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    const start = skipSpace(text, at);
    if (match === null) return start;
    const [whole, mark, string] = match;
    at += whole.length;
    if (mark === undefined) {
      if (string !== undefined && (expect === 'key' || expect === 'first key')) expect = 'colon';
      else if (expect === 'value' || expect === 'first value') expect = afterValue();
      else return start;
      continue;
    }
    const next = afterMark(mark, expect, open);
    if (next === null) return start;
    expect = next === 'done' ? afterValue() : next;
  }
  return text.length;
}

function afterMark(mark: string, expect: Expect, open: ('[' | '{')[]): Expect | 'done' | null {
  const wantsValue = expect === 'value' || expect === 'first value';
  const inside = open.at(-1);
  switch (mark) {
    case '[':
    case '{':
      if (!wantsValue) return null;
      open.push(mark);
      return mark === '[' ? 'first value' : 'first key';
    case ']':
      if (inside !== '[' || (expect !== 'next' && expect !== 'first value')) return null;
      open.pop();
      return 'done';
    case '}':
      if (inside !== '{' || (expect !== 'next' && expect !== 'first key')) return null;
      open.pop();
      return 'done';
    case ':':
      return expect === 'colon' ? 'value' : null;
    default:
      if (expect !== 'next') return null;
      return inside === '[' ? 'value' : 'key';
  }
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \t\n\r'.includes(text[at] as string)) at++;
  return at;
}

/** From 1. */
function placeOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return { line, column: offset - before.lastIndexOf('\n') };
}
