/**
 * Node's own parser (llhttp, without any leniency) as a second opinion: what the codec accepted, llhttp must accept, with
 * the same lines, payload and ends. It is fed message by message, the last byte apart, so that it must see the end of each
 * exactly where the codec did.
 */
import { createRequire } from 'node:module';
import { TEXT_BYTES_MAX, type MessageRead, type Sequence } from './sequence.ts';

/** What there is of Node's HTTPParser: undocumented, and the only way to llhttp without sockets. */
interface LlhttpParser {
  initialize(type: number, resource: object, headBytesMax: number, leniency: number): void;
  execute(buf: Buffer): number | LlhttpError;
  finish(): LlhttpError | undefined;
  [callback: number]: unknown;
}
interface LlhttpError extends Error {
  readonly code: string;
  readonly reason: string;
}
interface LlhttpClass {
  new (): LlhttpParser;
  readonly REQUEST: number;
  readonly RESPONSE: number;
  readonly kLenientNone: number;
  readonly kOnHeaders: number;
  readonly kOnHeadersComplete: number;
  readonly kOnBody: number;
  readonly kOnMessageComplete: number;
}
const { HTTPParser, methods } = createRequire(import.meta.url)('_http_common') as {
  HTTPParser: LlhttpClass;
  methods: readonly string[];
};

/** Answers to the end of a head. */
const GOES_ON = 0;
const NO_BODY = 1;
const TUNNEL = 2;
const HEAD_BYTES_MAX = 1024 * 1024;
/** The methods' numbers are llhttp's, which leave a gap for RTSP before the last. */
const QUERY = 46;
/** The trailer section at the end of a chunked body without extensions: lines with a colon, which no chunk's line has. */
const TRAILERS = /(?:^|\r\n)0+\r\n((?:[^\r\n:]+:[^\r\n]*\r\n)*)\r\n$/;

export interface Disagreement {
  readonly message: MessageRead;
  readonly previous: MessageRead | null;
  /** Its head as it came. */
  readonly head: string;
  /** llhttp's error code, or which part it read differently. */
  readonly what: string;
  readonly detail: string;
}

export class SecondOpinion {
  readonly #parser: LlhttpParser = new HTTPParser();
  readonly #resource = {};
  readonly #buf: Buffer = Buffer.alloc(TEXT_BYTES_MAX);
  #sequence!: Sequence;
  // Of the message being read:
  #url = '';
  #fields = '';
  #head = '';
  #trailers = '';
  #payload = '';
  #keepAlive = false;
  #upgrade = false;
  #bodiless = false;
  #heads = 0;
  #ends = 0;

  constructor() {
    const parser = this.#parser;
    parser[HTTPParser.kOnHeaders] = (fields: readonly string[], url: string): void => {
      if (this.#heads > 0) this.#trailers += linesOf(fields);
      else this.#more(fields, url);
    };
    // prettier-ignore
    parser[HTTPParser.kOnHeadersComplete] = (
      major: number, minor: number, fields: readonly string[] | undefined, method: number | undefined,
      url: string | undefined, status: number | undefined, reason: string | undefined, upgrade: boolean, keepAlive: boolean,
    ): number => {
      if (fields !== undefined) this.#more(fields, url ?? '');
      const start =
        method === undefined ? `${major}.${minor} ${status} ${reason}` : `${methodName(method)} ${this.#url} ${major}.${minor}`;
      this.#head = start + this.#fields;
      this.#keepAlive = keepAlive;
      this.#upgrade = upgrade;
      this.#heads++;
      const answer = this.#afterHead(status ?? 0);
      this.#bodiless = answer !== GOES_ON;
      return answer;
    };
    parser[HTTPParser.kOnBody] = (bytes: Buffer): void => {
      this.#payload += bytes.toString('latin1');
    };
    parser[HTTPParser.kOnMessageComplete] = (): void => {
      this.#ends++;
    };
  }

  /** Null when llhttp reads `messages` in `text` as the codec did. */
  judge(text: string, messages: readonly MessageRead[], sequence: Sequence): Disagreement | null {
    this.#sequence = sequence;
    this.#buf.write(text, 0, 'latin1');
    const type = sequence.reads === 'requests' ? HTTPParser.REQUEST : HTTPParser.RESPONSE;
    this.#parser.initialize(type, this.#resource, HEAD_BYTES_MAX, HTTPParser.kLenientNone);
    let at = 0;
    let previous: MessageRead | null = null;
    for (const message of messages) {
      const problem = this.#read(message, at) ?? this.#compare(message);
      if (problem !== null) {
        const [what, detail] = problem;
        return { message, previous, head: text.slice(message.start, message.headEnd), what, detail };
      }
      at = message.end;
      previous = message;
    }
    return null;
  }

  #more(fields: readonly string[], url: string): void {
    this.#fields += linesOf(fields);
    this.#url += url;
  }

  /** Only who asked knows whether a body follows an answer (RFC 9112, section 6.3). */
  #afterHead(status: number): number {
    const { method, reads } = this.#sequence;
    if (reads === 'requests' || method === 'GET' || status < 200) return GOES_ON;
    if (method === 'HEAD') return NO_BODY;
    return status < 300 ? TUNNEL : GOES_ON;
  }

  #read({ complete, framing, end }: MessageRead, start: number): [what: string, detail: string] | null {
    this.#url = this.#fields = this.#head = this.#trailers = this.#payload = '';
    this.#heads = this.#ends = 0;
    const last = complete ? end - 1 : end;
    const begun = this.#feed(start, last);
    if (begun !== null || !complete) return begun;
    if (this.#ends > 0) return ['end', 'seen before the last byte'];
    const ended = this.#feed(last, end);
    if (ended !== null || framing !== 'close') return ended;
    if (this.#ends > 0) return ['end', 'seen before the connection closed'];
    const error = this.#parser.finish();
    return error === undefined ? null : [error.code, error.reason];
  }

  #feed(from: number, to: number): [what: string, detail: string] | null {
    if (from >= to) return null;
    const result = this.#parser.execute(this.#buf.subarray(from, to));
    if (typeof result !== 'number') return [result.code, result.reason];
    // Node hides llhttp's error when the message asks for an upgrade.
    return result === to - from ? null : ['stopped', `${to - from - result} bytes before the end`];
  }

  #compare(message: MessageRead): [what: string, detail: string] | null {
    if (this.#heads !== 1) return ['head', `${this.#heads} heads`];
    if (this.#head !== message.head) return differs('head', message.head, this.#head);
    // Told with the head, before it is told in turn that no body follows: then an answer without framing ends by closing.
    const told = !this.#bodiless || this.#keepAlive;
    if (told && this.#keepAlive !== message.keepAlive) return differs('keepAlive', message.keepAlive, this.#keepAlive);
    if (this.#upgrade !== message.upgrade) return differs('upgrade', message.upgrade, this.#upgrade);
    if (this.#payload !== message.payload) return differs('payload', message.payload, this.#payload);
    if (this.#ends !== (message.complete ? 1 : 0)) return ['end', `${this.#ends} ends`];
    if (message.framing !== 'chunked' || !message.complete) return null;
    if (message.end - message.headEnd !== message.sent.length) return null;
    const trailers = (TRAILERS.exec(message.sent)?.[1] ?? '').replace(
      /^([^:\r\n]+):[ \t]*(.*?)[ \t]*\r\n/gm,
      '\n$1:$2',
    );
    return trailers === this.#trailers ? null : differs('trailers', trailers, this.#trailers);
  }
}

function methodName(number: number): string {
  return number === QUERY ? 'QUERY' : (methods[number] as string);
}

function linesOf(fields: readonly string[]): string {
  let lines = '';
  for (let i = 0; i < fields.length; i += 2) lines += `\n${fields[i]}:${fields[i + 1]}`;
  return lines;
}

function differs(what: string, codec: unknown, llhttp: unknown): [string, string] {
  return [what, `codec ${JSON.stringify(codec)}, llhttp ${JSON.stringify(llhttp)}`];
}
