/**
 * A request's target as a log may show it: values of parameters whose names look secret are replaced, in the query and in a
 * path's own parameters (`/shop;jsessionid=1`). Where backends disagree about what ends a value, the longer reading counts.
 */
import { putText } from './json-bytes.ts';
import { isSecretName } from './secret-names.ts';

const REDACTED = Buffer.from('REDACTED', 'latin1');
const AMPERSAND = 0x26;
const SLASH = 0x2f;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUESTION = 0x3f;

/** Writes `source[start, end)` as the inside of a JSON string, before `stop`; negative when it was cut. */
export function putTarget(
  into: Buffer,
  at: number,
  stop: number,
  source: Uint8Array,
  start: number,
  end: number,
): number {
  let to = at;
  let shown = start;
  let query = false;
  let pos = start;
  while (pos < end) {
    const byte = source[pos] as number;
    pos++;
    if (byte === QUESTION) query = true;
    else if (byte !== SEMICOLON && !(query && byte === AMPERSAND)) continue;
    const nameEnd = endOf(source, pos, end, query, true);
    if (nameEnd === end || source[nameEnd] !== EQUALS || !isSecretName(source, pos, nameEnd)) {
      pos = nameEnd;
      continue;
    }
    to = putText(into, to, stop, source, shown, nameEnd + 1);
    if (to < 0) return to;
    to = putText(into, to, stop, REDACTED, 0, REDACTED.length);
    if (to < 0) return to;
    shown = endOf(source, nameEnd + 1, end, query, false);
    pos = shown;
  }
  return putText(into, to, stop, source, shown, end);
}

/** Where the name at `from` ends, or the value: at `&` in a query, at the segment's end in a path. */
function endOf(source: Uint8Array, from: number, end: number, query: boolean, name: boolean): number {
  let pos = from;
  for (; pos < end; pos++) {
    const byte = source[pos] as number;
    if (query ? byte === AMPERSAND : byte === SLASH || byte === QUESTION) break;
    if (name && (byte === EQUALS || byte === SEMICOLON || byte === QUESTION)) break;
  }
  return pos;
}
