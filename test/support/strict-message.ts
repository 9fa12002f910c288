/**
 * A strict reader of HTTP/1.1 messages for tests (RFC 9112), written apart from src/http1 on purpose: what the proxy
 * sends is judged by a second opinion. It reads what it can, and notes as a flaw whatever another reader might take
 * differently.
 */

export type Framing = 'none' | 'length' | 'chunked' | 'close';

export interface Message {
  readonly startLine: string;
  /** First line to blank line, as it came. */
  readonly head: string;
  /** In order; names lower case. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly framing: Framing;
  /** Decoded. */
  body: string;
  readonly trailers: (readonly [name: string, value: string])[];
  /** The whole message has come, its end marked as its framing says. */
  complete: boolean;
  readonly flaws: string[];
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HOST = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]+)(:\d{0,5})?$/;
const CHUNK_EXT =
  /^([ \t]*;[ \t]*[!#$%&'*+.^_`|~0-9A-Za-z-]+([ \t]*=[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+|"([^"\\\x00-\x08\x0a-\x1f\x7f]|\\[\t\x20-\x7e\x80-\xff])*"))?)*$/;
/** RFC 9110 6.5.1: fields that frame, route, authenticate or describe the content must not come after it. */
const NOT_IN_TRAILERS = new Set(
  (
    'transfer-encoding content-length host connection te trailer upgrade expect max-forwards authorization cookie ' +
    'set-cookie content-type content-encoding content-range x-forwarded-for x-forwarded-host x-forwarded-proto'
  ).split(' '),
);

type State = 'head' | 'length' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailers' | 'close' | 'broken';

export class MessageReader {
  /** Messages begun, the last of which may be incomplete; interim answers (1xx) included. */
  readonly messages: Message[] = [];
  readonly #kind: 'request' | 'response';
  readonly #methods: string[];
  #state: State = 'head';
  #pending = '';
  #left = 0;

  /** `methods` tells a reader of responses what each was asked with, since an answer to HEAD has no body. */
  constructor(kind: 'request' | 'response', methods: readonly string[] = []) {
    this.#kind = kind;
    this.#methods = [...methods];
  }

  /** Bytes behind the last whole message. */
  get leftover(): string {
    return this.#pending;
  }

  get complete(): Message[] {
    return this.messages.filter((message) => message.complete);
  }

  push(text: string): void {
    this.#pending += text;
    while (this.#step());
  }

  /** The other side sent its last byte. */
  end(): void {
    if (this.#state === 'close') this.#finish();
  }

  #step(): boolean {
    switch (this.#state) {
      case 'head':
        return this.#readHead();
      case 'length':
      case 'chunk-data': {
        const taken = Math.min(this.#left, this.#pending.length);
        if (taken === 0 && this.#left > 0) return false;
        this.#current.body += this.#take(taken);
        this.#left -= taken;
        if (this.#left > 0) return false;
        if (this.#state === 'length') this.#finish();
        else this.#state = 'chunk-end';
        return true;
      }
      case 'chunk-end':
        if (this.#pending.length < 2) return false;
        if (this.#take(2) !== '\r\n') return this.#break('chunk data is not followed by CR LF');
        this.#state = 'chunk-size';
        return true;
      case 'chunk-size':
        return this.#readChunkSize();
      case 'trailers':
        return this.#readTrailer();
      case 'close':
        if (this.#pending === '') return false;
        this.#current.body += this.#take(this.#pending.length);
        return false;
      case 'broken':
        return false;
    }
  }

  get #current(): Message {
    return this.messages.at(-1)!;
  }

  #take(count: number): string {
    const taken = this.#pending.slice(0, count);
    this.#pending = this.#pending.slice(count);
    return taken;
  }

  #line(): string | null {
    const end = this.#pending.indexOf('\n');
    if (end < 0) return null;
    const line = this.#take(end + 1);
    if (!line.endsWith('\r\n')) this.#current.flaws.push('a line ends with a bare LF');
    return line.replace(/\r?\n$/, '');
  }

  #break(flaw: string): false {
    this.#current.flaws.push(flaw);
    this.#state = 'broken';
    return false;
  }

  #finish(): void {
    this.#current.complete = true;
    this.#state = 'head';
  }

  #readHead(): boolean {
    const end = /\n\r?\n/.exec(this.#pending);
    if (end === null) return false;
    const message = parseHead(this.#take(end.index + end[0].length), this.#kind);
    this.messages.push(message);
    if (this.#kind === 'request') requestFlaws(message);
    const interim = this.#kind === 'response' && /^HTTP\/1\.1 1\d\d/.test(message.startLine);
    const method = this.#kind === 'response' && !interim ? (this.#methods.shift() ?? 'GET') : '';
    const framing = framingOf(message, this.#kind, method);
    (message as { framing: Framing }).framing = framing;
    if (message.flaws.length > 0 && this.#kind === 'request') {
      this.#state = 'broken';
      return false;
    }
    if (message.startLine.startsWith('HTTP/1.1 101')) {
      message.complete = true;
      this.#state = 'broken';
      return false;
    }
    if (framing === 'none') {
      message.complete = true;
      return true;
    }
    if (framing === 'length') {
      this.#left = Number(field(message, 'content-length'));
      this.#state = 'length';
    } else this.#state = framing === 'chunked' ? 'chunk-size' : 'close';
    return true;
  }

  #readChunkSize(): boolean {
    const line = this.#line();
    if (line === null) return false;
    const size = /^[0-9a-fA-F]+/.exec(line)?.[0] ?? '';
    if (size === '') return this.#break(`'${line}' is not a chunk size`);
    if (size.replace(/^0+/, '').length > 13) return this.#break(`chunk size ${size} is beyond 2^52`);
    if (!CHUNK_EXT.test(line.slice(size.length))) return this.#break(`chunk extension '${line.slice(size.length)}'`);
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? 'trailers' : 'chunk-data';
    return true;
  }

  #readTrailer(): boolean {
    const line = this.#line();
    if (line === null) return false;
    if (line === '') {
      this.#finish();
      return true;
    }
    const parsed = parseField(line, this.#current.flaws);
    if (parsed === null) return true;
    if (NOT_IN_TRAILERS.has(parsed[0])) this.#current.flaws.push(`${parsed[0]} among the trailers`);
    this.#current.trailers.push(parsed);
    return true;
  }
}

/** The value of the first field of this name, or undefined. */
export function field(message: Message, name: string): string | undefined {
  return message.fields.find(([own]) => own === name)?.[1];
}

/** An answer's status; 0 when its first line has none. */
export function statusOf(message: Message): number {
  return Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(message.startLine)?.[1] ?? 0);
}

function parseHead(head: string, kind: 'request' | 'response'): Message {
  const flaws: string[] = [];
  const lines = head.split('\n').slice(0, -2);
  if (!head.endsWith('\r\n\r\n') || !lines.every((line) => line.endsWith('\r')))
    flaws.push('a line ends with a bare LF');
  const [startLine = '', ...rest] = lines.map((line) => line.replace(/\r$/, ''));
  if (startLine.includes('\r')) flaws.push('bare CR in the first line');
  if (kind === 'response' && !/^HTTP\/1\.1 [1-9]\d\d [\t\x20-\x7e\x80-\xff]*$/.test(startLine)) {
    flaws.push(`'${startLine}' is not a status line`);
  }
  const fields = rest.map((line) => parseField(line, flaws)).filter((parsed) => parsed !== null);
  return { startLine, head, fields, framing: 'none', body: '', trailers: [], complete: false, flaws };
}

function parseField(line: string, flaws: string[]): [name: string, value: string] | null {
  if (/^[ \t]/.test(line)) {
    flaws.push('a folded line');
    return null;
  }
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0));
  if (!TOKEN.test(name)) {
    flaws.push(`'${line}' does not begin with a field name and a colon`);
    return null;
  }
  const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '');
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(value)) flaws.push(`control byte in the value of ${name}`);
  return [name.toLowerCase(), value];
}

function requestFlaws(message: Message): void {
  const { flaws } = message;
  const [method = '', target = '', version = '', more] = message.startLine.split(' ');
  if (more !== undefined || !/^HTTP\/1\.[01]$/.test(version))
    flaws.push(`'${message.startLine}' is not a request line`);
  if (!TOKEN.test(method)) flaws.push(`method '${method}' is not a token`);
  if (!/^[\x21-\x7e]+$/.test(target)) flaws.push('the target holds bytes that are not printable ASCII');
  if (target === '*' ? method !== 'OPTIONS' : !target.startsWith('/'))
    flaws.push(`target '${target}' is not origin-form`);
  if (target.includes('#')) flaws.push('the target holds a fragment');
  const hosts = message.fields.filter(([name]) => name === 'host');
  if (hosts.length > 1 || (hosts.length === 0 && version === 'HTTP/1.1')) flaws.push(`${hosts.length} Host fields`);
  for (const [, value] of hosts) if (!HOST.test(value)) flaws.push(`Host '${value}' is not a host and port`);
}

/** RFC 9112 6.3, where everything that the RFC lets a recipient repair is noted as a flaw. */
function framingOf(message: Message, kind: 'request' | 'response', method: string): Framing {
  const { flaws } = message;
  const lengths = message.fields.filter(([name]) => name === 'content-length').map(([, value]) => value);
  const codings = message.fields.filter(([name]) => name === 'transfer-encoding').map(([, value]) => value);
  if (lengths.length > 1) flaws.push('more than one Content-Length');
  if (lengths.some((value) => !/^\d{1,15}$/.test(value))) flaws.push(`Content-Length '${lengths.join()}'`);
  if (codings.length > 0 && codings.join().toLowerCase() !== 'chunked')
    flaws.push(`Transfer-Encoding '${codings.join()}'`);
  if (codings.length > 0 && lengths.length > 0) flaws.push('both Transfer-Encoding and Content-Length');
  if (codings.length > 0 && /HTTP\/1\.0/.test(message.startLine)) flaws.push('Transfer-Encoding in HTTP/1.0');
  if (kind === 'response') {
    const status = statusOf(message);
    const noContent = status < 200 || status === 204;
    if (noContent && (codings.length > 0 || lengths.length > 0)) flaws.push(`a body's framing in a ${status}`);
    if (noContent || status === 304 || method === 'HEAD') return 'none';
  }
  if (codings.length > 0) return 'chunked';
  if (lengths.length > 0) return 'length';
  return kind === 'request' ? 'none' : 'close';
}
