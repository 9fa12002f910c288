/**
 * Properties of both head parsers, held against an oracle written a second time from the grammar, with regular expressions
 * over whole heads. A failure prints the seed and the smallest head found.
 */
import assert from 'node:assert/strict';
import { isIPv6 } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { FAULT_COUNT } from '#core/fault.ts';
import { FIELD_STRIDE, INCOMPLETE, type HeadLimits } from './head.ts';
import { bytesOf, textOf } from './latin1.ts';
import { parseRequestHead, RequestHead } from './request-head.ts';
import { parseResponseHead, ResponseHead } from './response-head.ts';

const limits = { headerBytes: 2048, headerCount: 12, targetBytes: 256 };
const request = new RequestHead(12);
const response = new ResponseHead(12);
type Parse = (text: string) => number;
const MARGIN = 3;

function amid(text: string): Uint8Array {
  return bytesOf(`\r\n\r${text}\n\r\nA`);
}
function shifted(result: number): number {
  return result > 0 ? result - MARGIN : result;
}
/** Parsed twice: amid other bytes, and where the buffer ends with the text. What lies outside must make no difference. */
function parser<H>(
  parseHead: (buf: Uint8Array, start: number, end: number, head: H, bounds: HeadLimits) => number,
  head: H,
): Parse {
  return (text) => {
    const alone = parseHead(bytesOf(text), 0, text.length, head, limits);
    const result = shifted(parseHead(amid(text), MARGIN, MARGIN + text.length, head, limits));
    assert.equal(alone, result, JSON.stringify(text));
    return result;
  };
}
const parseRequest = parser(parseRequestHead, request);
const parseResponse = parser(parseResponseHead, response);

const TCHAR = "!#$%&'*+\\-.^_`|~0-9A-Za-z";
const FIELD_LINE = `[${TCHAR}]+:[\\t\\x20-\\x7e\\x80-\\xff]*\\r\\n`;
const REQUEST = new RegExp(
  `^(?:\\r\\n){0,2}(([${TCHAR}]+) ([\\x21-\\x7e]+) HTTP/1\\.([01])\\r\\n((?:${FIELD_LINE})*)\\r\\n)`,
);
const RESPONSE = new RegExp(
  `^(HTTP/1\\.([01]) [1-5][0-9]{2}(?: [\\t\\x20-\\x7e\\x80-\\xff]*)?\\r\\n((?:${FIELD_LINE})*)\\r\\n)`,
);
const AUTHORITY = /^(?:[A-Za-z0-9\-._~!$&'()*+;=]+|\[([0-9A-Fa-f:.]+)\])(?::[0-9]*)?$/;
const PATH = /^(?:[^%\\#?]|%(?!00)[0-9A-Fa-f]{2})*$/;

function valuesOf(lines: string, name: string): string[] {
  return [...lines.matchAll(/([^:\r\n]+):([^\r\n]*)\r\n/g)]
    .filter((line) => (line[1] as string).toLowerCase() === name)
    .map((line) => (line[2] as string).replace(/^[ \t]+|[ \t]+$/g, ''));
}

/** Framing by the fields alone: -2 invalid, -1 none, chunked: Infinity. */
function oracleLength(lines: string, version: string): number {
  const lengths = valuesOf(lines, 'content-length');
  const codings = valuesOf(lines, 'transfer-encoding');
  if (lengths.length + codings.length > 1) return -2;
  if (codings.length === 1) return version === '1' && /^chunked$/i.test(codings[0] as string) ? Infinity : -2;
  if (lengths.length === 0) return -1;
  const length = lengths[0] as string;
  return /^[0-9]+$/.test(length) && Number.isSafeInteger(Number(length)) ? Number(length) : -2;
}

function oracleTarget(method: string, target: string): boolean {
  if (method === 'CONNECT') {
    return oracleAuthority(target) && /:0*[1-9][0-9]*$/.test(target);
  }
  if (target === '*') return method === 'OPTIONS';
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/i.exec(target);
  const rest = absolute === null ? target : (absolute[2] as string);
  if (absolute !== null && !oracleAuthority(absolute[1] as string)) return false;
  if (absolute === null && !target.startsWith('/')) return false;
  return !rest.includes('#') && PATH.test(rest.split('?')[0] as string);
}
function oracleAuthority(text: string): boolean {
  const found = AUTHORITY.exec(text);
  if (found === null || (found[1] !== undefined && !isIPv6(found[1]))) return false;
  return Number(/:([0-9]+)$/.exec(text)?.[1] ?? 0) < 65536;
}

function oracleRequest(text: string): number {
  const found = REQUEST.exec(text);
  if (found === null) return -1;
  const [all, , method, target, version, lines] = found as unknown as [string, string, string, string, string, string];
  const hosts = valuesOf(lines, 'host');
  if (hosts.length > 1 || (hosts.length === 0 && version === '1') || !oracleTarget(method, target)) return -1;
  if (hosts.some((host) => (host === '' ? target.startsWith('/') : !oracleAuthority(host)))) return -1;
  return oracleLength(lines, version) === -2 || tooLarge((found[1] as string).length, lines, target) ? -1 : all.length;
}
function oracleResponse(text: string): number {
  const found = RESPONSE.exec(text);
  if (found === null) return -1;
  const [all, , version, lines] = found as unknown as [string, string, string, string];
  return oracleLength(lines, version) === -2 || tooLarge(all.length, lines, '') ? -1 : all.length;
}
function tooLarge(bytes: number, lines: string, target: string): boolean {
  return (
    bytes > limits.headerBytes ||
    lines.split('\r\n').length - 1 > limits.headerCount ||
    target.length > limits.targetBytes
  );
}

const token = fc.string({ unit: fc.constantFrom(..."!#$%&'*+-.^_`|~09AZaz"), minLength: 1, maxLength: 12 });
const ows = fc.string({ unit: fc.constantFrom(' ', '\t'), maxLength: 3 });
const text = fc.string({ unit: fc.constantFrom(...'\t azAZ09!#"(),;:/?@[\\]{}~\u0080\u00ff'), maxLength: 20 });
const segment = fc.constantFrom('a', '%41', '..', ';x', '{}', '|', '"', ':', '@', '');
const path = fc.array(segment, { maxLength: 6 }).map((segments) => `/${segments.join('/')}`);
const query = fc.constantFrom('', '?', '?a=%', '?b=[]|\\');
const authority = fc.constantFrom('a', 'lb.test:80', '[::1]', '[::1]:65535', '10.0.0.1:', 'a_b.test');
const special = fc.constantFrom(
  ...[
    'Content-Length: 5',
    'content-length:\t0',
    'Transfer-Encoding: chunked',
    'Connection: close, x',
    'Expect: 100-continue',
  ],
  ...['Upgrade: x', 'Connection: upgrade', 'TE: trailers', 'X_Forwarded_For: 1', 'Content-Length: 9007199254740991'],
);
const line = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(token, ows, text, ows).map(([name, a, value, b]) => `${name}:${a}${value}${b}`) },
  { weight: 1, arbitrary: special },
);
const lines = fc.array(line, { maxLength: 8 }).map((all) => all.map((one) => `${one}\r\n`).join(''));
const target = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(path, query).map((parts) => parts.join('')) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('http://', 'HTTPS://'), authority, fc.oneof(path, fc.constant('')), query)
      .map((parts) => parts.join('')),
  },
);
const startLine = fc.oneof(
  fc.tuple(fc.oneof(token, fc.constant('GET')), target).map((parts) => parts.join(' ')),
  fc.constantFrom('OPTIONS *', 'CONNECT a.test:443'),
);
const version = fc.constantFrom('1', '1', '0');
const requests = fc
  .tuple(fc.constantFrom('', '\r\n'), startLine, version, authority, lines)
  .map(([before, start, minor, host, rest]) => `${before}${start} HTTP/1.${minor}\r\nHost: ${host}\r\n${rest}\r\n`);
const responses = fc
  .tuple(version, fc.constantFrom('200 OK', '101 ', '204', '599 caf\u00e9'), lines)
  .map(([minor, status, rest]) => `HTTP/1.${minor} ${status}\r\n${rest}\r\n`);

/** A few bytes of a head replaced, inserted or removed; what is put there is mostly what parsers trip over. */
const byte = fc.oneof(
  fc.constantFrom(...' \t\r\n:,;%#?*/\\@[]0159_-"'),
  fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
);
const edit = fc.tuple(
  fc.nat(),
  fc.nat({ max: 2 }),
  fc.array(byte, { maxLength: 2 }).map((bytes) => bytes.join('')),
);
function mutated(heads: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(heads, fc.array(edit, { maxLength: 3 })).map(([head, edits]) => {
    for (const [at, remove, put] of edits) {
      const cut = at % (head.length + 1);
      head = head.slice(0, cut) + put + head.slice(cut + remove);
    }
    return head;
  });
}

const parsers = [
  ['request', parseRequest, oracleRequest, requests],
  ['response', parseResponse, oracleResponse, responses],
] as const;

for (const [name, parse, oracle, heads] of parsers) {
  test(`${name} heads, whole and spoiled, are accepted exactly when the grammar and the framing rules do`, () => {
    fc.assert(
      fc.property(mutated(heads), (head) => {
        const result = parse(head);
        // INCOMPLETE heads are none yet: more bytes decide.
        assert.equal(Math.max(result, 0), Math.max(oracle(head), 0), JSON.stringify(head));
        assert.ok(result <= head.length && result >= -FAULT_COUNT);
      }),
      { numRuns: 4000 },
    );
  });

  test(`${name} heads give one answer however they arrive: INCOMPLETE, and from some byte on the same`, () => {
    fc.assert(
      fc.property(mutated(heads), (head) => {
        const final = parse(head);
        let decided = false;
        for (let length = 0; length <= head.length; length++) {
          const result = parse(head.slice(0, length));
          if (result === INCOMPLETE) assert.ok(!decided, `INCOMPLETE again at ${length}`);
          else assert.equal(result, final, `at ${length} of ${JSON.stringify(head)}`);
          decided = result !== INCOMPLETE;
        }
        if (final > 0) assert.equal(parse(head.slice(0, final - 1)), INCOMPLETE);
      }),
      { numRuns: 400 },
    );
  });

  test(`arbitrary bytes never throw, and never lead outside of what was given to the ${name} parser`, () => {
    fc.assert(
      fc.property(fc.string({ unit: byte, maxLength: 200 }), (bytes) => {
        const result = parse(bytes);
        assert.ok(Number.isInteger(result) && result <= bytes.length && result >= -FAULT_COUNT);
      }),
      { numRuns: 3000 },
    );
  });
}

test('a request head that was put together is taken apart into the same parts', () => {
  const fields = fc.array(
    fc.tuple(
      token.map((name) => `x-${name}`),
      ows,
      text.map((value) => value.trim()),
      ows,
    ),
    { maxLength: 10 },
  );
  fc.assert(
    fc.property(token, target, authority, fields, (method, aim, host, list) => {
      const block = list.map(([name, before, value, after]) => `${name}:${before}${value}${after}\r\n`).join('');
      const head = `${method} ${aim} HTTP/1.1\r\nHost: ${host}\r\n${block}\r\n`;
      assert.equal(parseRequest(`${head}more`), head.length);
      const part = (start: number, end: number): string => textOf(amid(head), start, end);
      assert.equal(part(request.methodStart, request.methodEnd), method);
      assert.equal(part(request.targetStart, request.targetEnd), aim);
      const { at, count } = request.fields;
      const found = Array.from({ length: count }, (_, i) => {
        const slot = i * FIELD_STRIDE;
        return [part(at[slot] as number, at[slot + 1] as number), part(at[slot + 2] as number, at[slot + 3] as number)];
      });
      assert.deepEqual(found, [['Host', host], ...list.map(([name, , value]) => [name, value])]);
    }),
    { numRuns: 1000 },
  );
});
