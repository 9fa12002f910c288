/**
 * Reads sequences with the codec, whole or as they come in pieces, the way the proxy uses it: a head is parsed again from
 * its start when more has come, a body goes through once. On the way it holds the codec to its promises.
 */
import { ChunkEvent } from '#http1/chunked.ts';
import { BodyKind, requestBody, responseBody } from '#http1/framing.ts';
import { INCOMPLETE } from '#http1/head.ts';
import { Method } from '#http1/method.ts';
import { RequestHead } from '#http1/request-head.ts';
import { ResponseHead } from '#http1/response-head.ts';
import { Violation, type Codec, type Decoder } from './codec.ts';
import { fieldLinesOf, requestFacts, requestLineOf, responseFacts, statusLineOf } from './codec-heads.ts';
import { LIMITS, TEXT_BYTES_MAX, type MessageRead, type Reading, type Sequence } from './sequence.ts';

/** Bytes around the text that the codec must not look at. */
const MARGIN = 32;
/** One buffer holds the whole text, and behind it what has come of it in pieces: the codec keeps a view of the buffer used last. */
const WHOLE = MARGIN;
const PIECES = WHOLE + TEXT_BYTES_MAX + MARGIN;
/** What lies where nothing has come yet: each might complete what stands before it. */
const STRAY = [0x0a, 0x0d, 0x61, 0x3a];

const FRAMINGS = {
  [BodyKind.none]: 'none',
  [BodyKind.length]: 'length',
  [BodyKind.chunked]: 'chunked',
  [BodyKind.untilClose]: 'close',
} as const;

/** The tables hold more than the limit, so that the limit itself is met. */
const SPARE_FIELDS = 4;

type Phase = 'head' | 'length' | 'chunked' | 'close' | 'over';

export class CodecReader {
  readonly #codec: Codec;
  readonly #decoder: Decoder;
  readonly #buf: Buffer = Buffer.alloc(PIECES + TEXT_BYTES_MAX + MARGIN);
  readonly #request = new RequestHead(LIMITS.headerCount + SPARE_FIELDS);
  readonly #response = new ResponseHead(LIMITS.headerCount + SPARE_FIELDS);
  #sequence!: Sequence;
  #reading!: Reading;
  #message!: MessageRead;
  #base = WHOLE;
  #phase: Phase = 'head';
  #at = 0;
  #left = 0;
  #endsHere = false;
  #verbatim = false;

  constructor(codec: Codec) {
    this.#codec = codec;
    this.#decoder = codec.decoder();
  }

  whole(sequence: Sequence): Reading {
    const { text } = sequence;
    this.#buf.write(text, WHOLE, 'latin1');
    this.#buf.fill(STRAY[text.length & 3] as number, WHOLE + text.length, WHOLE + text.length + MARGIN);
    this.#begin(sequence, WHOLE, false);
    this.#feed(text.length);
    return this.#end();
  }

  /** The sequence read whole last, again, in reads that end at its borders. */
  inPieces(sequence: Sequence): Reading {
    const { text, borders } = sequence;
    const { length } = text;
    // Half of them end where the buffer ends: looking further would throw.
    const base = (length & 16) === 0 ? PIECES : this.#buf.length - length;
    this.#buf.fill(
      STRAY[(length >> 2) & 3] as number,
      base - MARGIN,
      Math.min(base + length + MARGIN, this.#buf.length),
    );
    this.#begin(sequence, base, sequence.verbatim);
    let come = 0;
    for (let i = 0; i <= borders.length; i++) {
      const border = i < borders.length ? (borders[i] as number) : length;
      this.#buf.copyWithin(base + come, WHOLE + come, WHOLE + border);
      come = border;
      this.#feed(border);
    }
    return this.#end();
  }

  #begin(sequence: Sequence, base: number, verbatim: boolean): void {
    this.#sequence = sequence;
    this.#reading = { verdict: 'open', messages: [], fault: 0 };
    this.#base = base;
    this.#phase = 'head';
    this.#at = 0;
    this.#verbatim = verbatim;
  }

  #end(): Reading {
    const reading = this.#reading;
    if (this.#phase === 'close') this.#message.complete = true;
    if (this.#phase === 'close') reading.verdict = 'ended';
    else if (this.#phase === 'head' && this.#at === this.#sequence.text.length) reading.verdict = 'whole';
    return reading;
  }

  #over(verdict: 'ended' | 'refused'): void {
    this.#phase = 'over';
    this.#reading.verdict = verdict;
  }

  /** Bytes up to `to` have come. */
  #feed(to: number): void {
    while (this.#at < to && this.#phase !== 'over') {
      const phase = this.#phase;
      if (phase === 'head') {
        if (!this.#readHead(to)) return;
      } else if (phase === 'chunked') this.#readChunked(to);
      else this.#readPlain(to);
    }
  }

  #readHead(to: number): boolean {
    const { reads } = this.#sequence;
    const base = this.#base;
    const from = base + this.#at;
    const next =
      reads === 'requests'
        ? this.#codec.parseRequestHead(this.#buf, from, base + to, this.#request, LIMITS)
        : this.#codec.parseResponseHead(this.#buf, from, base + to, this.#response, LIMITS);
    if (next === INCOMPLETE) return false;
    if (next < 0) {
      this.#reading.fault = -next;
      this.#over('refused');
      return true;
    }
    this.#within(next, from + 1, base + to);
    if (reads === 'requests') this.#beginRequest(next - base);
    else this.#beginResponse(next - base);
    return true;
  }

  #beginRequest(headEnd: number): void {
    const head = this.#request;
    const { text } = this.#sequence;
    const base = this.#base;
    if (head.end !== headEnd + base || head.fields.linesEnd + 2 !== head.end) {
      throw new Violation('state', 'the ends of head and fields do not agree');
    }
    // What follows a CONNECT is no body (RFC 9110, section 9.3.6).
    const tunnel = head.method === Method.connect;
    const kind = tunnel ? BodyKind.none : requestBody(head);
    this.#beginMessage({
      head: requestLineOf(text, base, head) + fieldLinesOf(text, base, head.fields),
      facts: requestFacts(text, base, head),
      keepAlive: head.keepAlive,
      upgrade: head.upgrade || tunnel,
      framing: FRAMINGS[kind],
      start: head.start - base,
      headEnd,
    });
    this.#endsHere = !head.keepAlive || head.upgrade || tunnel;
    this.#beginBody(kind, head.contentLength);
  }

  #beginResponse(headEnd: number): void {
    const head = this.#response;
    const { text, method } = this.#sequence;
    const base = this.#base;
    if (head.end !== headEnd + base || head.fields.linesEnd + 2 !== head.end) {
      throw new Violation('state', 'the ends of head and fields do not agree');
    }
    const asked = method === 'HEAD' ? Method.head : method === 'CONNECT' ? Method.connect : Method.get;
    const kind = responseBody(head, asked);
    const keepAlive = head.keepAlive && kind !== BodyKind.untilClose;
    this.#beginMessage({
      head: statusLineOf(text, base, head) + fieldLinesOf(text, base, head.fields),
      facts: responseFacts(head),
      keepAlive,
      upgrade: head.upgrade,
      framing: FRAMINGS[kind],
      start: this.#at,
      headEnd,
    });
    const tunnel = method === 'CONNECT' && head.status >= 200 && head.status < 300;
    this.#endsHere = !keepAlive || head.status === 101 || tunnel;
    this.#beginBody(kind, head.contentLength);
  }

  #beginMessage(
    found: Pick<MessageRead, 'head' | 'facts' | 'keepAlive' | 'upgrade' | 'framing' | 'start' | 'headEnd'>,
  ): void {
    const { head, facts, keepAlive, upgrade, framing, start, headEnd } = found;
    // prettier-ignore
    this.#message = {
      head, facts, keepAlive, upgrade, framing, start, headEnd, payload: '', payloadBytes: 0, sent: '', complete: false, end: headEnd,
    };
    this.#reading.messages.push(this.#message);
    this.#at = found.headEnd;
  }

  #beginBody(kind: BodyKind, length: number): void {
    if (kind === BodyKind.none) {
      this.#complete();
    } else if (kind === BodyKind.length) {
      this.#phase = 'length';
      this.#left = length;
    } else if (kind === BodyKind.chunked) {
      this.#phase = 'chunked';
      this.#decoder.reset();
      if (this.#verbatim) this.#message.payload = null;
    } else {
      this.#phase = 'close';
    }
  }

  #complete(): void {
    this.#message.complete = true;
    this.#message.end = this.#at;
    this.#phase = 'head';
    if (this.#endsHere) this.#over('ended');
  }

  #readPlain(to: number): void {
    const closes = this.#phase === 'close';
    const end = closes ? to : Math.min(to, this.#at + this.#left);
    const message = this.#message;
    message.payload += this.#sequence.text.slice(this.#at, end);
    message.payloadBytes += end - this.#at;
    this.#left -= end - this.#at;
    this.#at = end;
    message.end = end;
    if (!closes && this.#left === 0) this.#complete();
  }

  #readChunked(to: number): void {
    const decoder = this.#decoder;
    const message = this.#message;
    const { text } = this.#sequence;
    const base = this.#base;
    const stop = base + to;
    let at = this.#at;
    for (let idle = 0; at < to;) {
      if (this.#verbatim) {
        const next = decoder.scanVerbatim(this.#buf, base + at, stop) - base;
        this.#within(next, at, to);
        message.sent += text.slice(at, next);
        at = next;
        if (at === to) break;
      }
      const next = decoder.next(this.#buf, base + at, stop) - base;
      this.#within(next, at, to);
      const { event } = decoder;
      if (event === ChunkEvent.fault) break;
      idle = next === at ? idle + 1 : 0;
      if (idle > 1) throw new Violation('progress', `nothing consumed at ${at}, event ${event}`);
      if (event === ChunkEvent.data && message.payload !== null) message.payload += text.slice(at, next);
      if (event === ChunkEvent.held) message.sent += Buffer.from(decoder.takeHeld()).toString('latin1');
      else if (event !== ChunkEvent.dropped) message.sent += text.slice(at, next);
      at = next;
      if (event === ChunkEvent.done) break;
    }
    this.#at = at;
    message.end = at;
    message.payloadBytes = decoder.dataBytes;
    const { event } = decoder;
    if (event === ChunkEvent.done || event === ChunkEvent.fault) this.#endChunked(to, event);
  }

  #endChunked(to: number, event: number): void {
    const at = this.#base + this.#at;
    const again = this.#decoder.next(this.#buf, at, this.#base + to);
    if (again !== at || this.#decoder.event !== event) throw new Violation('state', 'an end that is not kept to');
    if (event === ChunkEvent.done) this.#complete();
    else this.#over('refused');
  }

  #within(offset: number, from: number, to: number): void {
    if (!(offset >= from && offset <= to)) throw new Violation('bounds', `${offset} is not in ${from} to ${to}`);
  }
}
