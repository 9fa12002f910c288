import { bytesOf } from './latin1.ts';

/** Numbers of the methods that are counted by name; all others are 0 and passed on as they are (RFC 9110, section 9.1). */
export const Method = {
  other: 0,
  get: 1,
  head: 2,
  post: 3,
  put: 4,
  delete: 5,
  options: 6,
  patch: 7,
  trace: 8,
  connect: 9,
} as const;
export type Method = (typeof Method)[keyof typeof Method];

/** By number; case-sensitive. */
const WORDS: readonly Uint8Array[] = [
  '',
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'TRACE',
  'CONNECT',
].map(bytesOf);

function when(method: Method, buf: Uint8Array, start: number): Method {
  const word = WORDS[method] as Uint8Array;
  for (let i = 0; i < word.length; i++) if (buf[start + i] !== word[i]) return Method.other;
  return method;
}

/** Number of the method at [start, end), which is not empty. */
export function methodOf(buf: Uint8Array, start: number, end: number): Method {
  const first = buf[start];
  switch (end - start) {
    case 3:
      return when(first === 0x47 ? Method.get : Method.put, buf, start);
    case 4:
      return when(first === 0x48 ? Method.head : Method.post, buf, start);
    case 5:
      return when(first === 0x50 ? Method.patch : Method.trace, buf, start);
    case 6:
      return when(Method.delete, buf, start);
    case 7:
      return when(first === 0x4f ? Method.options : Method.connect, buf, start);
    default:
      return Method.other;
  }
}
