/** Text as the wire has it: one byte per character. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** The text of [start, end); for logs and tests, not for the request's path. */
export function textOf(buf: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let pos = start; pos < end; pos++) text += String.fromCharCode(buf[pos] as number);
  return text;
}
