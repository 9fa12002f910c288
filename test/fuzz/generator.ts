/**
 * Byte sequences for the codec: messages by the grammar, most of them then spoiled; streams of several; and noise. The
 * same seed and index always give the same sequence.
 */
import { Chance } from './chance.ts';
import { chunkedBodyAtEdge, headAtEdge } from './edges.ts';
import { chunkedBody, fieldLines, framedBody, hostLine, requestLine, statusLine } from './grammar.ts';
import { mutated } from './mutations.ts';
import { TEXT_BYTES_MAX, type Kind, type Sequence } from './sequence.ts';

/** How often each kind comes, of 20. */
const SHARES: readonly Kind[] = [
  ...(['request-head', 'request-head', 'request-head', 'request-head', 'request-head'] as const),
  ...(['response-head', 'response-head', 'response-head'] as const),
  ...(['chunked-body', 'chunked-body', 'chunked-body', 'chunked-body', 'chunked-body'] as const),
  ...(['request-stream', 'request-stream', 'request-stream'] as const),
  ...(['response-stream', 'response-stream', 'response-stream'] as const),
  'noise',
];
const CHUNKED_HEAD = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
const NOISE = [
  ...'\r\n\t :;,0159afHTPGE/1.%"\\*[]\u0000\u007f\u0080\u00ff',
  '\r\n',
  'GET / HTTP/1.1\r\n',
  'HTTP/1.1 200',
  'Host:a\r\n',
];
/** One in so many is at the edge of a limit; bodies there are long. */
const EDGE_HEADS = 50;
const EDGE_BODIES = 250;
/** Small reads of long sequences would take all the time. */
const SINGLE_BYTE_READS_MAX = 300;

export class Generator {
  readonly seed: number;
  readonly #chance = new Chance();

  constructor(seed: number) {
    this.seed = seed;
  }

  make(index: number): Sequence {
    const chance = this.#chance;
    chance.begin(this.seed, index);
    const kind = chance.pick(SHARES);
    const reads = kind.startsWith('response') || (kind === 'noise' && chance.oneIn(3)) ? 'responses' : 'requests';
    const text = this.#text(kind).slice(0, TEXT_BYTES_MAX);
    const method = reads === 'responses' && chance.oneIn(8) ? chance.pick(['HEAD', 'CONNECT']) : 'GET';
    return { kind, reads, text, method, borders: this.#borders(text.length), verbatim: chance.oneIn(2) };
  }

  #text(kind: Kind): string {
    const chance = this.#chance;
    switch (kind) {
      case 'request-head':
        return mutated(chance, chance.oneIn(EDGE_HEADS) ? headAtEdge(chance, true) : this.#request(false));
      case 'response-head':
        return mutated(chance, chance.oneIn(EDGE_HEADS) ? headAtEdge(chance, false) : this.#response(false));
      case 'chunked-body':
        return (
          CHUNKED_HEAD + mutated(chance, chance.oneIn(EDGE_BODIES) ? chunkedBodyAtEdge(chance) : chunkedBody(chance))
        );
      case 'request-stream':
      case 'response-stream':
        return this.#stream(kind === 'request-stream');
      case 'noise': {
        const start = chance.oneIn(3) ? CHUNKED_HEAD : '';
        let text = '';
        for (let count = chance.below(60); count > 0; count--) {
          text += chance.oneIn(3) ? String.fromCharCode(chance.below(256)) : chance.pick(NOISE);
        }
        return start + text;
      }
    }
  }

  #stream(requests: boolean): string {
    const chance = this.#chance;
    let text = '';
    for (let count = 1 + chance.below(3); count > 0; count--) {
      text += requests ? this.#request(true) : this.#response(true);
      if (chance.oneIn(12)) text += chance.pick(['\r\n', '\r\n\r\n', '\n', '\r\n\r\n\r\n']);
    }
    return mutated(chance, text);
  }

  #request(body: boolean): string {
    const chance = this.#chance;
    const start = chance.oneIn(24) ? '\r\n' : '';
    const framed = framedBody(chance);
    const head = `${start}${requestLine(chance)}\r\n${hostLine(chance)}${framed.framing}${fieldLines(chance)}\r\n`;
    return body ? head + framed.body : head;
  }

  #response(body: boolean): string {
    const chance = this.#chance;
    const framed = framedBody(chance);
    const head = `${statusLine(chance)}\r\n${framed.framing}${fieldLines(chance)}\r\n`;
    return body ? head + framed.body : head;
  }

  /** Where reads end: each byte alone, or at up to three places. */
  #borders(length: number): number[] {
    const chance = this.#chance;
    if (length < SINGLE_BYTE_READS_MAX && chance.oneIn(64)) return Array.from({ length }, (_, at) => at);
    const borders = [chance.below(length + 1)];
    while (borders.length < 3 && chance.oneIn(2)) borders.push(chance.below(length + 1));
    return borders.sort((a, b) => a - b);
  }
}
