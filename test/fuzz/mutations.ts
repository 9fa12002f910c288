/** What is done to good messages to make them bad ones: small edits, repeated and moved pieces, cut ends, stretched parts. */
import type { Chance } from './chance.ts';

const BYTES = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));
/** What parsers trip over, one or a few bytes at a time. */
const PUTS = [
  ...[
    '\r',
    '\n',
    '\r\n',
    '\r\n\r\n',
    '\n\n',
    '\r\r\n',
    ' ',
    '\t',
    '\u0000',
    ':',
    ',',
    ';',
    '"',
    '\\',
    '%',
    '#',
    '?',
    '/',
    '*',
  ],
  ...[
    '@',
    '[',
    ']',
    '0',
    '1',
    '5',
    'f',
    'G',
    '_',
    '-',
    '\u007f',
    '\u0080',
    '\u00a0',
    '\u00ff',
    '\u000b',
    '\u000c',
    '\u0085',
  ],
  ...['\r\n ', '\r\n\t', ' :', ': ', 'HTTP/1.1', 'chunked', '%00', '0\r\n\r\n', '\r\nHost: b', '\r\nX:'],
  ...[
    '\r\nContent-Length: 1',
    '\r\nTransfer-Encoding: chunked',
    '\r\nConnection: close',
    'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  ],
];
/** What can be repeated to reach a limit, and how many bytes reach one (those of the head are the fuzzer's own). */
const STRETCHED = [
  'a',
  ' ',
  '\t',
  ';',
  ';a',
  '0',
  '"',
  '\\',
  '%41',
  '\r\n',
  'a:\r\n',
  '\r\na:',
  '1\r\nx\r\n',
  '1;a\r\nx\r\n',
  '/',
  '\u00ff',
];
const LENGTHS = [
  31, 32, 33, 64, 127, 128, 129, 200, 255, 256, 257, 400, 900, 1000, 1024, 4090, 4096, 4097, 8180, 8192, 8193, 17000,
];

export function mutated(chance: Chance, text: string): string {
  const dice = chance.below(20);
  let edits = dice < 9 ? 0 : dice < 16 ? 1 : dice < 19 ? 2 : 3 + chance.below(3);
  for (; edits > 0; edits--) text = edited(chance, text);
  return chance.oneIn(250) ? stretched(chance, text) : text;
}

function edited(chance: Chance, text: string): string {
  const at = chance.below(text.length + 1);
  switch (chance.below(12)) {
    case 0:
    case 1:
    case 2:
      return text.slice(0, at) + chance.pick(PUTS) + text.slice(at);
    case 3:
    case 4:
      return text.slice(0, at) + chance.pick(PUTS) + text.slice(at + 1);
    case 5:
      return text.slice(0, at) + text.slice(at + 1 + (chance.oneIn(4) ? chance.below(8) : 0));
    case 6:
      return text.slice(0, at) + flipped(chance, text.charCodeAt(at)) + text.slice(at + 1);
    case 7:
      return text.slice(0, at) + chance.pick(BYTES) + text.slice(at + 1);
    case 8:
      return chance.oneIn(2) ? text.slice(0, at) : text.slice(0, text.length - chance.below(4));
    case 9:
      return moved(chance, text);
    case 10:
      return text.slice(0, at) + lineEnd(text, at);
    default:
      return doubledLine(chance, text, at);
  }
}

function flipped(chance: Chance, code: number): string {
  return BYTES[(code ^ (1 << chance.below(8))) & 255] as string;
}

/** A piece from one place put in, or put over, at another. */
function moved(chance: Chance, text: string): string {
  const from = chance.below(text.length + 1);
  const piece = text.slice(from, from + 1 + chance.below(24));
  const to = chance.below(text.length + 1);
  return text.slice(0, to) + piece + text.slice(to + (chance.oneIn(2) ? piece.length : 0));
}

/** The rest of the text, with the first line end in it replaced by a bare one. */
function lineEnd(text: string, at: number): string {
  const end = text.indexOf('\r\n', at);
  if (end < 0) return text.slice(at);
  return text.slice(at, end) + (end % 2 === 0 ? '\n' : '\r') + text.slice(end + 2);
}

function doubledLine(chance: Chance, text: string, at: number): string {
  const start = text.lastIndexOf('\r\n', at) + 2;
  const end = text.indexOf('\r\n', start);
  if (start < 2 || end < 0) return text;
  const line = text.slice(start, end + 2);
  return (
    text.slice(0, start) +
    line +
    (chance.oneIn(3) ? line.replace(/[a-z]/g, (letter) => letter.toUpperCase()) : '') +
    text.slice(start)
  );
}

function stretched(chance: Chance, text: string): string {
  const piece = chance.pick(STRETCHED);
  // Long ones are rare, so that they take no more than their share of the time.
  const length = chance.pick(LENGTHS);
  const bytes = length > 2000 && !chance.oneIn(4) ? length >> 5 : length + chance.below(3) - 1;
  const line = chance.oneIn(2) ? text.indexOf('\r\n', chance.below(text.length + 1)) : -1;
  const at = line >= 0 ? line + (chance.oneIn(2) ? 2 : 0) : chance.below(text.length + 1);
  return text.slice(0, at) + piece.repeat(Math.max(1, Math.ceil(bytes / piece.length))) + text.slice(at);
}
