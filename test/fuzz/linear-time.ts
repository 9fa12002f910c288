/**
 * That the codec's work grows with the bytes and no faster: long inputs of each shape that a parser could be tempted to
 * look back over, read at two lengths.
 */
import { ChunkEvent } from '#http1/chunked.ts';
import { RequestHead } from '#http1/request-head.ts';
import { ResponseHead } from '#http1/response-head.ts';
import type { Codec } from './codec.ts';

/** Limits that let the long inputs in. */
const FIELDS_MAX = 64 * 1024;
const WIDE = { headerBytes: 1024 * 1024, headerCount: FIELDS_MAX, targetBytes: 1024 * 1024 };
const SMALL_BYTES = 2048;
const GROWTH = 16;
const ROUNDS = 5;

type Shape = readonly [name: string, reads: 'request' | 'response' | 'body', text: (bytes: number) => string];

const head = (start: string, lines: string): string => `${start}\r\nHost: a\r\n${lines}\r\n`;
const repeated = (piece: string, bytes: number): string => piece.repeat(Math.ceil(bytes / piece.length));
const SHAPES: readonly Shape[] = [
  ['method', 'request', (bytes) => head(`${repeated('A', bytes)} / HTTP/1.1`, '')],
  ['path', 'request', (bytes) => head(`GET /${repeated('%41', bytes)} HTTP/1.1`, '')],
  ['query', 'request', (bytes) => head(`GET /?${repeated('?', bytes)} HTTP/1.1`, '')],
  ['authority', 'request', (bytes) => head(`GET http://${repeated('a', bytes)}/ HTTP/1.1`, '')],
  ['field name', 'request', (bytes) => head('GET / HTTP/1.1', `${repeated('a', bytes)}:\r\n`)],
  ['field value', 'request', (bytes) => head('GET / HTTP/1.1', `a:${repeated('\u00e9', bytes)}\r\n`)],
  ['spaces', 'request', (bytes) => head('GET / HTTP/1.1', `a:${repeated(' ', bytes)}b${repeated('\t', bytes)}\r\n`)],
  ['fields', 'request', (bytes) => head('GET / HTTP/1.1', repeated('a:\r\n', bytes))],
  ['Connection', 'request', (bytes) => head('GET / HTTP/1.1', `Connection: ${repeated('close, ', bytes)}\r\n`)],
  ['Connection fields', 'request', (bytes) => head('GET / HTTP/1.1', repeated('Connection: close\r\n', bytes))],
  ['Expect', 'request', (bytes) => head('GET / HTTP/1.1', `Expect: ${repeated(',', bytes)}\r\n`)],
  ['length', 'request', (bytes) => head('GET / HTTP/1.1', `Content-Length: ${repeated('0', bytes)}\r\n`)],
  ['reason', 'response', (bytes) => head(`HTTP/1.1 200 ${repeated('a', bytes)}`, '')],
  ['answer fields', 'response', (bytes) => head('HTTP/1.1 200 OK', repeated('Via: \t\r\n', bytes))],
  ['small chunks', 'body', (bytes) => `${repeated('1\r\na\r\n', bytes)}0\r\n\r\n`],
  ['extensions', 'body', (bytes) => `${repeated('8;a="\\b"\r\nabcdefgh\r\n', bytes)}0\r\n\r\n`],
  ['one chunk', 'body', (bytes) => `${bytes.toString(16)}\r\n${repeated('a', bytes).slice(0, bytes)}\r\n0\r\n\r\n`],
];

export interface Growth {
  readonly name: string;
  /** How much longer the long input took per byte: about 1 when time is linear, the growth in length when quadratic. */
  readonly factor: number;
}

/** The shape whose time grew fastest. */
export function steepestGrowth(codec: Codec): Growth {
  const all = SHAPES.map(([name, reads, text]) => {
    const small = Buffer.from(text(SMALL_BYTES), 'latin1');
    const large = Buffer.from(text(SMALL_BYTES * GROWTH), 'latin1');
    const read = reader(codec, reads);
    // The small one first, so that the code is compiled when the large one comes.
    const smallMs = quickest(read, small, GROWTH);
    return { name, factor: quickest(read, large, 1) / large.length / (smallMs / small.length) };
  });
  return all.reduce((worst, one) => (one.factor > worst.factor ? one : worst));
}

/** Milliseconds for one reading: the best of some rounds, since only other programs' work makes it slower. */
function quickest(read: (buf: Buffer) => void, buf: Buffer, times: number): number {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const begun = performance.now();
    for (let i = 0; i < times; i++) read(buf);
    best = Math.min(best, (performance.now() - begun) / times);
  }
  return best;
}

function reader(codec: Codec, reads: Shape[1]): (buf: Buffer) => void {
  if (reads === 'request') {
    const found = new RequestHead(FIELDS_MAX);
    return (buf) => mustBe(codec.parseRequestHead(buf, 0, buf.length, found, WIDE) !== 0);
  }
  if (reads === 'response') {
    const found = new ResponseHead(FIELDS_MAX);
    return (buf) => mustBe(codec.parseResponseHead(buf, 0, buf.length, found, WIDE) === buf.length);
  }
  const decoder = codec.decoder();
  return (buf) => {
    decoder.reset();
    let at = 0;
    // As it may come at worst: byte by byte.
    for (let end = 1; end <= buf.length; end++) while (at < end) at = decoder.next(buf, at, end);
    mustBe(decoder.event === ChunkEvent.done);
  };
}

function mustBe(holds: boolean): void {
  if (!holds) throw new Error('the input was not read to its end');
}
