/** Retry-After of a backend's answer (RFC 9110 10.2.3): seconds, or a date. */
import { FIELD_STRIDE } from '#http1/head.ts';
import type { ResponseHead } from '#http1/response-head.ts';

const NAME = 'retry-after';
/** A longer wait is as good as never. */
const MS_MAX = 3_600_000;

/** Milliseconds that the backend asks to be left alone for; 0 when it does not ask, or what it asks cannot be read. */
export function retryAfterMs(buf: Buffer, head: ResponseHead, wallMs: number): number {
  const { at, count } = head.fields;
  for (let cell = 0; cell < count * FIELD_STRIDE; cell += FIELD_STRIDE) {
    const start = at[cell] as number;
    const end = at[cell + 1] as number;
    if (end - start !== NAME.length || buf.toString('latin1', start, end).toLowerCase() !== NAME) continue;
    return readRetryAfter(buf.toString('latin1', at[cell + 2], at[cell + 3]), wallMs);
  }
  return 0;
}

export function readRetryAfter(text: string, wallMs: number): number {
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - wallMs;
  return ms > 0 ? Math.min(MS_MAX, ms) : 0;
}
