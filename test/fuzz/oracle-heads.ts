/**
 * The strict reading of a head (RFC 9112, sections 2 to 6): every line that is there matches its form, framing fields come
 * once and alone, and what is not whole may only be the begin of a right line.
 */
import { authorityOf, isAuthority, isTargetBegun, targetOf, type Target } from './oracle-targets.ts';
import { LIMITS, type Sequence } from './sequence.ts';

export interface Head {
  readonly start: number;
  readonly end: number;
  /** Method, target, `1.x`; or `1.x`, status, reason. */
  readonly startLine: readonly string[];
  readonly fields: readonly Field[];
  /** -1: none. */
  readonly length: number;
  readonly chunked: boolean;
  readonly closes: boolean;
  readonly upgrade: boolean;
  readonly facts: string;
}
type Field = readonly [name: string, value: string, lowerName: string];
type Framed = Pick<Head, 'length' | 'chunked'>;

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]";
const TEXT = '[\\t\\x20-\\x7e\\x80-\\xff]';
const METHOD_BEGUN = new RegExp(`^${TOKEN}*$`);
const REQUEST_LINE = new RegExp(`^(${TOKEN}+) ([\\x21-\\x7e]+) HTTP/(1\\.[01])$`);
const STATUS_LINE = new RegExp(`^HTTP/(1\\.[01]) ([1-5][0-9]{2})(?: (${TEXT}*))?$`);
const STATUS_LINE_BEGUN = new RegExp(
  `^HTTP/1\\.(?:[01](?: [0-9]{0,3})?)?$|^HTTP/1\\.[01] [1-5][0-9]{2}(?: ${TEXT}*)?\\r?$`,
);
/** The version is judged when both its digits are there. */
const VERSION_BEGUN = /^(?:H|HT|HTT|HTTP|HTTP\/|HTTP\/[0-9]\.?|HTTP\/1\.[01]\r?)?$/;
const FIELD_LINE = new RegExp(`^(${TOKEN}+):(${TEXT}*)$`);
const FIELD_LINE_BEGUN = new RegExp(`^(?:\\r|${TOKEN}*|${TOKEN}+:${TEXT}*\\r?)$`);

const KNOWN = new Set(
  (
    'host connection content-length transfer-encoding keep-alive proxy-connection te trailer upgrade expect via ' +
    'x-forwarded-for x-forwarded-proto x-forwarded-host forwarded x-request-id traceparent tracestate date ' +
    'proxy-authenticate proxy-authorization accept cookie set-cookie authorization x-forwarded-port http2-settings ' +
    'max-forwards'
  ).split(' '),
);
/** Names of fields that Connection may list. */
const NOMINATED_MAX = 16;
const METHODS = new Set('GET HEAD POST PUT DELETE OPTIONS PATCH TRACE CONNECT'.split(' '));

export function readHead(text: string, at: number, reads: Sequence['reads']): Head | 'open' | 'refused' {
  let start = at;
  if (reads === 'requests') {
    // Up to two empty lines before a request line (RFC 9112, section 2.2).
    for (let skipped = 0; skipped < 2 && text.startsWith('\r\n', start); skipped++) start += 2;
    if (start === text.length) return 'open';
    if (text.slice(start) === '\r') return start - at < 4 ? 'open' : 'refused';
  }
  const lines: string[] = [];
  let pos = start;
  for (;;) {
    const lineEnd = text.indexOf('\r\n', pos);
    if (lineEnd < 0) return begunHead(lines, text.slice(pos), text.length - start, reads);
    if (lineEnd === pos && lines.length > 0) break;
    lines.push(text.slice(pos, lineEnd));
    pos = lineEnd + 2;
    // Longer than any head may be: no need to look for its end.
    if (pos - start > LIMITS.headerBytes) return 'refused';
  }
  const end = pos + 2;
  if (end - start > LIMITS.headerBytes || lines.length - 1 > LIMITS.headerCount) return 'refused';
  return reads === 'requests' ? requestHead(lines, start, end) : responseHead(lines, start, end);
}

/** A head without its end: what is there decides whether it may yet become one. */
function begunHead(
  lines: readonly string[],
  rest: string,
  bytes: number,
  reads: Sequence['reads'],
): 'open' | 'refused' {
  if (bytes >= LIMITS.headerBytes) return 'refused';
  const [startLine, ...others] = lines;
  if (startLine === undefined) {
    const begun = reads === 'requests' ? isRequestLineBegun(rest) : isStatusLineBegun(rest);
    return begun ? 'open' : 'refused';
  }
  const fields = fieldsOf(others);
  const more = rest === '' || rest === '\r' ? 0 : 1;
  if (fields === null || others.length + more > LIMITS.headerCount || !FIELD_LINE_BEGUN.test(rest)) return 'refused';
  if (nominatedBy(fields).length > NOMINATED_MAX) return 'refused';
  if (reads === 'responses') {
    const version = STATUS_LINE.exec(startLine)?.[1];
    return version !== undefined && framedBy(fields, version) !== null ? 'open' : 'refused';
  }
  const line = requestLineOf(startLine);
  return line !== null && areHostsGood(fields, line.target) && framedBy(fields, line.version) !== null
    ? 'open'
    : 'refused';
}

function isRequestLineBegun(rest: string): boolean {
  const [method = '', target, version, more] = rest.split(' ');
  if (more !== undefined || !METHOD_BEGUN.test(method)) return false;
  if (target === undefined) return true;
  if (method === '' || target.length > LIMITS.targetBytes) return false;
  if (version === undefined) return isTargetBegun(method, target);
  return targetOf(method, target) !== null && VERSION_BEGUN.test(version);
}

function isStatusLineBegun(rest: string): boolean {
  return 'HTTP/1.'.startsWith(rest) || STATUS_LINE_BEGUN.test(rest);
}

function requestLineOf(line: string): { method: string; text: string; target: Target; version: string } | null {
  const found = REQUEST_LINE.exec(line);
  if (found === null) return null;
  const [, method, text, version] = found as unknown as [string, string, string, string];
  if (text.length > LIMITS.targetBytes) return null;
  const target = targetOf(method, text);
  return target === null ? null : { method, text, target, version };
}

function fieldsOf(lines: readonly string[]): Field[] | null {
  const fields: Field[] = [];
  for (const line of lines) {
    const found = FIELD_LINE.exec(line);
    if (found === null) return null;
    const name = found[1] as string;
    fields.push([name, trimmed(found[2] as string), name.toLowerCase()]);
  }
  return fields;
}

/** Without SP and HTAB at either end. */
function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (text[start] === ' ' || text[start] === '\t') start++;
  while (end > start && (text[end - 1] === ' ' || text[end - 1] === '\t')) end--;
  return text.slice(start, end);
}

function valuesOf(fields: readonly Field[], wanted: string): string[] {
  const values: string[] = [];
  for (const [, value, name] of fields) if (name === wanted) values.push(value);
  return values;
}

/** Elements of all fields of a name, in lower case (RFC 9110, section 5.6.1). */
function elementsOf(fields: readonly Field[], name: string): string[] {
  const elements = valuesOf(fields, name).join(',').toLowerCase().split(',');
  return elements.map(trimmed).filter((element) => element !== '');
}

/** At most one Host, which may be empty only where the target does not need it. */
function areHostsGood(fields: readonly Field[], target: Target): boolean {
  const hosts = valuesOf(fields, 'host');
  return hosts.length <= 1 && hosts.every((host) => (host === '' ? target.form !== 'origin' : isAuthority(host)));
}

/** RFC 9112, sections 6.1 to 6.3, without any of the repairs that a recipient may make. */
function framedBy(fields: readonly Field[], version: string): Framed | null {
  const lengths = valuesOf(fields, 'content-length');
  const codings = valuesOf(fields, 'transfer-encoding');
  if (lengths.length + codings.length > 1) return null;
  const [length] = lengths;
  const [coding] = codings;
  if (coding !== undefined && (version !== '1.1' || coding.toLowerCase() !== 'chunked')) return null;
  if (length !== undefined && !(/^[0-9]+$/.test(length) && Number.isSafeInteger(Number(length)))) return null;
  return { length: length === undefined ? -1 : Number(length), chunked: coding !== undefined };
}

/** Elements of Connection that are no options but, as it seems, names of fields. */
function nominatedBy(fields: readonly Field[]): string[] {
  return elementsOf(fields, 'connection').filter((option) => !['close', 'keep-alive', 'upgrade'].includes(option));
}

/** What Connection says (RFC 9112, section 9.3; RFC 9110, section 7.8). */
function connectionOf(
  fields: readonly Field[],
  version: string,
): Pick<Head, 'closes' | 'upgrade'> & { tokens: boolean } {
  const options = elementsOf(fields, 'connection');
  const upgrade = version === '1.1' && options.includes('upgrade') && elementsOf(fields, 'upgrade').length > 0;
  return {
    closes: options.includes('close') || (version === '1.0' && !options.includes('keep-alive')),
    upgrade,
    tokens: nominatedBy(fields).length > 0,
  };
}

function requestHead(lines: readonly string[], start: number, end: number): Head | 'refused' {
  const line = requestLineOf(lines[0] as string);
  const fields = fieldsOf(lines.slice(1));
  if (line === null || fields === null || !areHostsGood(fields, line.target)) return 'refused';
  if (nominatedBy(fields).length > NOMINATED_MAX) return 'refused';
  const { method, text, target, version } = line;
  const framed = framedBy(fields, version);
  const [host] = valuesOf(fields, 'host');
  if (framed === null || (host === undefined && version === '1.1')) return 'refused';
  const { tokens, ...connection } = connectionOf(fields, version);
  const continues = version === '1.1' && elementsOf(fields, 'expect').includes('100-continue');
  const facts =
    `${METHODS.has(method) ? method.toLowerCase() : 'other'} ${target.form} ${target.path} ${target.query} ` +
    `${authorityOf(target, host)} length ${framed.length}` +
    (connection.upgrade ? ' upgrade' : '') +
    (continues ? ' continue' : '') +
    (tokens ? ' tokens' : '') +
    idsOf(fields);
  return { start, end, startLine: [method, text, version], fields, ...framed, ...connection, facts };
}

function responseHead(lines: readonly string[], start: number, end: number): Head | 'refused' {
  const found = STATUS_LINE.exec(lines[0] as string);
  const fields = fieldsOf(lines.slice(1));
  if (found === null || fields === null || nominatedBy(fields).length > NOMINATED_MAX) return 'refused';
  const [, version, status, reason = ''] = found as unknown as [string, string, string, string | undefined];
  const framed = framedBy(fields, version);
  if (framed === null) return 'refused';
  const { tokens, closes, upgrade } = connectionOf(fields, version);
  const switches = upgrade && status === '101';
  const facts = `length ${framed.length}` + (switches ? ' upgrade' : '') + (tokens ? ' tokens' : '') + idsOf(fields);
  return { start, end, startLine: [version, status, reason], fields, ...framed, closes, upgrade: switches, facts };
}

/** Which fields are known by name; one that is so only after `_` is taken for `-` is disguised. */
function idsOf(fields: readonly Field[]): string {
  let all = '';
  for (const [, , name] of fields) all += `,${idOf(name)}`;
  return all;
}

const ids = new Map<string, string>();
function idOf(name: string): string {
  const found = ids.get(name);
  if (found !== undefined) return found;
  const plain = name.replaceAll('_', '-');
  if (!KNOWN.has(plain)) return 'other';
  if (plain !== name) return 'disguised';
  const id = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  ids.set(name, id);
  return id;
}
