/**
 * Messages that reach one of the codec's limits to the byte, or miss it by one: chance alone hardly ever meets these. The
 * limits of chunked bodies are the codec's own, written down here once more.
 */
import type { Chance } from './chance.ts';
import { LIMITS } from './sequence.ts';

const EXTENSION_LINE_BYTES = 4096;
const EXTENSION_EXCESS_BYTES = 16384;
const TRAILER_BYTES = 8192;
const TRAILERS = 100;
const TRAILER_NAME_BYTES = 256;
/** Names of fields that Connection may list in one head. */
const NOMINATED = 16;

/** `limit`, or one less or more. */
function near(chance: Chance, limit: number): number {
  return limit - 1 + chance.below(3);
}

export function headAtEdge(chance: Chance, request: boolean): string {
  const host = request ? 'Host: a\r\n' : '';
  const start = request ? 'GET / HTTP/1.1\r\n' : 'HTTP/1.1 200 OK\r\n';
  switch (chance.below(request ? 4 : 3)) {
    case 0: {
      const others = near(chance, LIMITS.headerCount) - (request ? 1 : 0);
      return `${start}${host}${'a:\r\n'.repeat(others)}\r\n`;
    }
    case 1: {
      const before = chance.oneIn(3) && request ? '\r\n' : '';
      const rest = `${start}${host}X: \r\n\r\n`.length;
      return `${before}${start}${host}X: ${'b'.repeat(near(chance, LIMITS.headerBytes) - rest)}\r\n\r\n`;
    }
    case 2: {
      const names = near(chance, NOMINATED);
      const split = chance.below(names + 1);
      const list = (count: number): string => chance.pick(['x,', 'x-a, close ,', '"", ']).repeat(count);
      return `${start}${host}Connection: ${list(split)}\r\nX-A: b\r\nconnection:${list(names - split)}\r\n\r\n`;
    }
    default: {
      const path = chance.pick(['/', '/?', 'http://a/', '/%41']);
      const target = path + 'a'.repeat(near(chance, LIMITS.targetBytes) - path.length);
      return `GET ${target} HTTP/1.1\r\n${host}\r\n`;
    }
  }
}

export function chunkedBodyAtEdge(chance: Chance): string {
  switch (chance.below(6)) {
    case 0:
      return `0\r\n${'a:\r\n'.repeat(near(chance, TRAILERS))}\r\n`;
    case 1:
      return `0\r\n${'n'.repeat(near(chance, TRAILER_NAME_BYTES))}: v\r\n\r\n`;
    case 2: {
      const name = chance.pick(['x', 'cookie']);
      return `0\r\ny: z\r\n${name}:${'v'.repeat(near(chance, TRAILER_BYTES) - `y: z\r\n${name}:\r\n`.length)}\r\n\r\n`;
    }
    case 3:
      return `0${extension(near(chance, EXTENSION_LINE_BYTES))}\r\n\r\n`;
    case 4:
      // Together over the limit of one line, which counts each anew.
      return `1${extension(3000)}\r\na\r\n0${extension(near(chance, EXTENSION_LINE_BYTES))}\r\n\r\n`;
    default: {
      const lines = `1${extension(4000)}\r\na\r\n`.repeat(4);
      return `${lines}0${extension(near(chance, EXTENSION_EXCESS_BYTES + 4) - 16000)}\r\n\r\n`;
    }
  }
}

function extension(bytes: number): string {
  return `;${'e'.repeat(bytes - 1)}`;
}
