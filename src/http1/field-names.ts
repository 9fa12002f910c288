/**
 * Field names recognised without making strings: length and first letter pick the candidates (nearly always none or one), the
 * letters decide. Names are compared case-insensitively by `| 0x20`, which is exact here: the caller has checked that every
 * byte is a tchar, and among those only A-Z move onto letters, `-` and digits.
 */
import { FieldId } from './head.ts';
import { bytesOf } from './latin1.ts';

const NAMES: readonly (readonly [string, FieldId])[] = [
  ['host', FieldId.host],
  ['connection', FieldId.connection],
  ['content-length', FieldId.contentLength],
  ['transfer-encoding', FieldId.transferEncoding],
  ['keep-alive', FieldId.keepAlive],
  ['proxy-connection', FieldId.proxyConnection],
  ['te', FieldId.te],
  ['trailer', FieldId.trailer],
  ['upgrade', FieldId.upgrade],
  ['expect', FieldId.expect],
  ['via', FieldId.via],
  ['x-forwarded-for', FieldId.xForwardedFor],
  ['x-forwarded-proto', FieldId.xForwardedProto],
  ['x-forwarded-host', FieldId.xForwardedHost],
  ['forwarded', FieldId.forwarded],
  ['x-request-id', FieldId.xRequestId],
  ['traceparent', FieldId.traceparent],
  ['tracestate', FieldId.tracestate],
  ['date', FieldId.date],
  ['proxy-authenticate', FieldId.proxyAuthenticate],
  ['proxy-authorization', FieldId.proxyAuthorization],
  ['accept', FieldId.accept],
  ['cookie', FieldId.cookie],
  ['set-cookie', FieldId.setCookie],
  ['authorization', FieldId.authorization],
  ['x-forwarded-port', FieldId.xForwardedPort],
  ['http2-settings', FieldId.http2Settings],
  ['max-forwards', FieldId.maxForwards],
  ['x-edgebalancer-explain', FieldId.xEdgebalancerExplain],
];

/**
 * Fields that may not arrive as trailers (RFC 9110, section 6.5.1): framing, routing, request modifiers, authentication,
 * controls and content format. Merged by a careless backend, each of them would change what the head said.
 */
const NOT_IN_TRAILERS: readonly string[] = [
  ...NAMES.filter(([, id]) => id !== FieldId.traceparent && id !== FieldId.tracestate).map(([name]) => name),
  ...'accept-charset accept-encoding accept-language accept-ranges age allow cache-control clear-site-data'.split(' '),
  ...'content-disposition content-encoding content-language content-location content-range content-type'.split(' '),
  ...'expires if-match if-modified-since if-none-match if-range if-unmodified-since last-modified location'.split(' '),
  ...'pragma proxy-authentication-info range retry-after set-cookie2 vary warning www-authenticate'.split(' '),
  ...'content-security-policy strict-transport-security x-forwarded-prefix x-forwarded-server x-real-ip'.split(' '),
];

const LENGTH_MAX = 31;
const HYPHEN = 0x2d;
const UNDERSCORE = 0x5f;
/** Folds the case of four letters at once. */
const FOLD = 0x20202020;

/** A fixed set of lower-case names, each with a number above 0. Entry 0 is none. */
class NameSet {
  /** First entry for `length << 5 | first letter & 31`. */
  readonly first = new Uint8Array((LENGTH_MAX + 1) << 5);
  /** The next entry with the same key. */
  readonly next: Uint8Array;
  readonly value: Uint8Array;
  /** Entry i's letters are at `i << 5`. */
  readonly letters: Uint8Array;
  /** Entry i's letters in words of four at `i << 3`, less those that begin in the last four letters. */
  readonly words: Int32Array;
  /** The last four letters; names of less than four are compared by letters. */
  readonly lastWord: Int32Array;

  constructor(names: readonly (readonly [string, number])[]) {
    const size = names.length + 1;
    this.next = new Uint8Array(size);
    this.value = new Uint8Array(size);
    this.letters = new Uint8Array(size << 5);
    this.words = new Int32Array(size << 3);
    this.lastWord = new Int32Array(size);
    names.forEach(([name, value], i) => this.#add(i + 1, name, value));
  }

  #add(entry: number, name: string, value: number): void {
    if (name.length > LENGTH_MAX) throw new RangeError(`field name too long: ${name}`);
    const key = (name.length << 5) | (name.charCodeAt(0) & 31);
    this.value[entry] = value;
    this.next[entry] = this.first[key] as number;
    this.first[key] = entry;
    this.letters.set(bytesOf(name), entry << 5);
    const words = new DataView(this.letters.buffer, entry << 5, 32);
    for (let at = 0; at < 8; at++) this.words[(entry << 3) + at] = words.getInt32(at << 2, true);
    if (name.length >= 4) this.lastWord[entry] = words.getInt32(name.length - 4, true);
  }
}

const KNOWN: NameSet = new NameSet(NAMES);
const KNOWN_FIRST: Uint8Array = KNOWN.first;
const FORBIDDEN: NameSet = new NameSet(NOT_IN_TRAILERS.map((name) => [name, 1] as const));

/**
 * Compares with each candidate. A name that differs only by `_` in place of `-` is `disguised`: backends that fold both into
 * one variable name (CGI, WSGI) would take it for the real field.
 */
function match(set: NameSet, entry: number, buf: Uint8Array, start: number, end: number): number {
  const letters = set.letters;
  for (; entry !== 0; entry = set.next[entry] as number) {
    let at = entry << 5;
    let pos = start;
    let disguised = false;
    for (; pos < end; pos++, at++) {
      const byte = buf[pos] as number;
      const letter = letters[at] as number;
      if ((byte | 0x20) === letter) continue;
      if (letter !== HYPHEN || byte !== UNDERSCORE) break;
      disguised = true;
    }
    if (pos === end) return disguised ? FieldId.disguised : (set.value[entry] as number);
  }
  return FieldId.other;
}

/** `match` for the usual case, the first candidate without disguise, by words. */
function matchWords(entry: number, buf: Uint8Array, words: DataView, start: number, end: number): number {
  const last = end - 4;
  if (last >= start) {
    const letters = KNOWN.words;
    let at = entry << 3;
    let pos = start;
    while (pos < last && (words.getInt32(pos, true) | FOLD) === letters[at]) {
      pos += 4;
      at++;
    }
    if (pos >= last && (words.getInt32(last, true) | FOLD) === KNOWN.lastWord[entry])
      return KNOWN.value[entry] as number;
  }
  return match(KNOWN, entry, buf, start, end);
}

/** FieldId of the name at [start, end), whose bytes are all tchar. `words` is `wordsOf(buf)`. */
export function fieldIdOf(buf: Uint8Array, words: DataView, start: number, end: number): number {
  const length = end - start;
  if (length > LENGTH_MAX) return FieldId.other;
  const entry = KNOWN_FIRST[(length << 5) | ((buf[start] as number) & 31)] as number;
  return entry === 0 ? FieldId.other : matchWords(entry, buf, words, start, end);
}

/** Whether a trailer field of this name (bytes all tchar) must not be passed on. */
export function isForbiddenTrailer(buf: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length > LENGTH_MAX) return false;
  const entry = FORBIDDEN.first[(length << 5) | ((buf[start] as number) & 31)] as number;
  return entry !== 0 && match(FORBIDDEN, entry, buf, start, end) !== 0;
}
