/**
 * One sequence after another: read by the codec whole and in pieces, by the strict reading, and, as far as the codec
 * accepted it, by llhttp. All must agree.
 */
import type { Codec } from './codec.ts';
import { Violation } from './codec.ts';
import { CodecReader } from './codec-reader.ts';
import { noCounts, type Counts } from './counts.ts';
import { DROPPED, knownDifference } from './known-differences.ts';
import { Generator } from './generator.ts';
import { strictReading } from './oracle.ts';
import { SecondOpinion, type Disagreement } from './second-opinion.ts';
import { difference, type MessageRead, type Reading, type Sequence } from './sequence.ts';

export interface Failure {
  /**
   * bounds, progress, state: a promise of the codec was broken. threw: it threw. borders: it read otherwise when the bytes
   * came in pieces. oracle, llhttp: it does not agree with that reading. sent: llhttp does not agree about what a proxy
   * sends on of a chunked body. hang: it never came back.
   */
  readonly kind: Violation['kind'] | 'threw' | 'hang' | 'borders' | 'oracle' | 'llhttp' | 'sent';
  readonly detail: string;
}
export interface Found extends Failure {
  readonly index: number;
  readonly sequence: Sequence;
}

export class CodecFuzz {
  /** Of what was run, not of what was only checked. */
  counts: Counts = noCounts();
  readonly #reader: CodecReader;
  readonly #llhttp = new SecondOpinion();
  readonly #generator: Generator;
  #reading: Reading | null = null;
  #difference: string | null = null;

  constructor(codec: Codec, seed: number) {
    this.#reader = new CodecReader(codec);
    this.#generator = new Generator(seed);
  }

  make(index: number): Sequence {
    return this.#generator.make(index);
  }

  /** Runs the sequences `from` to `to` - 1; the first failure ends it. `begins` is told of each before it is run. */
  run(from: number, to: number, begins?: (index: number) => void): Found | null {
    const { counts } = this;
    for (let index = from; index < to; index++) {
      begins?.(index);
      const sequence = this.#generator.make(index);
      const failure = this.check(sequence);
      if (failure !== null) return { ...failure, index, sequence };
      const { verdict, messages } = this.#reading as Reading;
      counts.sequences++;
      counts.bytes += sequence.text.length;
      counts.kinds[sequence.kind][verdict]++;
      if (messages.length > 0) {
        counts.judged++;
        counts.messages += (messages.at(-1) as MessageRead).complete ? messages.length : messages.length - 1;
      }
      if (this.#difference !== null)
        counts.differences[this.#difference] = (counts.differences[this.#difference] ?? 0) + 1;
    }
    return null;
  }

  check(sequence: Sequence): Failure | null {
    this.#difference = null;
    let whole: Reading;
    let pieces: Reading;
    try {
      whole = this.#reading = this.#reader.whole(sequence);
      pieces = this.#reader.inPieces(sequence);
    } catch (error) {
      return error instanceof Violation
        ? { kind: error.kind, detail: error.message }
        : { kind: 'threw', detail: String(error) };
    }
    const borders = difference(whole, pieces);
    if (borders !== null) return { kind: 'borders', detail: `whole and in pieces: ${borders}` };
    if (whole.fault !== pieces.fault) {
      return { kind: 'borders', detail: `whole and in pieces: fault ${whole.fault} and ${pieces.fault}` };
    }
    const strict = difference(whole, strictReading(sequence));
    if (strict !== null) return { kind: 'oracle', detail: `codec and strict reading: ${strict}` };
    return whole.messages.length === 0 ? null : this.#askLlhttp(sequence, whole.messages);
  }

  #askLlhttp(sequence: Sequence, messages: readonly MessageRead[]): Failure | null {
    const raw = this.#llhttp.judge(sequence.text, messages, sequence);
    const first = messages.findIndex(drops);
    if (first >= 0) {
      const sent = this.#askAboutSent(sequence, messages);
      if (sent !== null && this.#known(sent, sequence) === null) return { kind: 'sent', detail: told(sent) };
      // What was dropped may also count only with the next message: a Connection among the trailers.
      if (
        raw !== null &&
        messages.indexOf(raw.message) >= first &&
        (raw.what.startsWith('HPE_') || raw.what === 'stopped')
      ) {
        this.#difference = DROPPED;
        return null;
      }
    }
    return raw === null || this.#known(raw, sequence) !== null ? null : { kind: 'llhttp', detail: told(raw) };
  }

  #known(disagreement: Disagreement, sequence: Sequence): string | null {
    return (this.#difference = knownDifference(disagreement, sequence));
  }

  /** The same messages with the chunked bodies as they are sent on, without what the codec drops. */
  #askAboutSent(sequence: Sequence, messages: readonly MessageRead[]): Disagreement | null {
    let text = '';
    let from = 0;
    const sent = messages.map((message) => {
      const headEnd = text.length + message.headEnd - from;
      const body = message.framing === 'chunked' ? message.sent : sequence.text.slice(message.headEnd, message.end);
      text += sequence.text.slice(from, message.headEnd) + body;
      from = message.end;
      return { ...message, start: headEnd - (message.headEnd - message.start), headEnd, end: text.length };
    });
    return this.#llhttp.judge(text, sent, sequence);
  }
}

function drops(message: MessageRead): boolean {
  return message.framing === 'chunked' && message.sent.length !== message.end - message.headEnd;
}

function told({ what, detail }: Disagreement): string {
  return `llhttp: ${what}: ${detail}`;
}
