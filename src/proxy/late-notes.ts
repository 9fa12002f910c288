/**
 * Notes of an exchange that nobody wanted any of until it failed or took long: its request is read from the head that was
 * written for the backend, which is still here. That one has the path as the backend knows it, so what was taken off its
 * front is put back. Rare, and bounded by the book (observe/decision-book.ts): a string or two do not matter here.
 */
import type { ExchangeNotes } from '#observe/exchange-notes.ts';

/** `head` as it went to a backend; empty where none was written. */
export function noteFromHead(notes: ExchangeNotes, head: Buffer, prefix: string): void {
  const text = head.toString('latin1');
  const [method = '', target = ''] = text.slice(0, text.indexOf('\r\n')).split(' ', 2);
  const parts = [method, `${prefix}${target}`, field(text, 'host'), field(text, 'user-agent')];
  const buf = Buffer.from(parts.join(''), 'latin1');
  const [methodEnd, targetEnd, hostEnd, agentEnd] = parts.map((_, at) =>
    parts.slice(0, at + 1).reduce((sum, part) => sum + part.length, 0),
  ) as [number, number, number, number];
  notes.request(buf, 0, methodEnd, methodEnd, targetEnd, targetEnd, hostEnd, hostEnd, agentEnd);
  const trace = field(text, 'traceparent').split('-')[1] ?? '';
  if (trace.length !== notes.traceId.length) return;
  notes.traceId.write(trace, 'latin1');
  notes.hasTrace = true;
}

/** The value of the first field of this name; it has been parsed before, so one line is one field. */
function field(head: string, name: string): string {
  return new RegExp(`\\r\\n${name}:[ \\t]*([^\\r]*)`, 'i').exec(head)?.[1]?.trimEnd() ?? '';
}
