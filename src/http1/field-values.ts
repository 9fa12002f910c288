/** Values that decide where a message ends, read in exactly one way. */
import { bytesOf } from './latin1.ts';

/** Content-Length (RFC 9110, section 8.6): 1*DIGIT up to 2^53-1, no sign, no list. -1 when it is anything else. */
export function contentLengthOf(buf: Uint8Array, start: number, end: number): number {
  if (start >= end) return -1;
  let value = 0;
  for (let pos = start; pos < end; pos++) {
    const digit = (buf[pos] as number) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
    if (value > Number.MAX_SAFE_INTEGER) return -1;
  }
  return value;
}

/** Whether [start, end) is `lower` (letters in lower case, digits, `-`), case-insensitively and exactly. */
export function equalsWord(buf: Uint8Array, start: number, end: number, lower: Uint8Array): boolean {
  const length = lower.length;
  if (end - start !== length) return false;
  for (let i = 0; i < length; i++) {
    const byte = buf[start + i] as number;
    const want = lower[i] as number;
    if (byte !== want && ((byte | 0x20) !== want || want < 0x61)) return false;
  }
  return true;
}

const CHUNKED: Uint8Array = bytesOf('chunked');

/** Whether a Transfer-Encoding value is the one coding that is spoken here (RFC 9112, section 7). */
export function isChunked(buf: Uint8Array, start: number, end: number): boolean {
  return equalsWord(buf, start, end, CHUNKED);
}
