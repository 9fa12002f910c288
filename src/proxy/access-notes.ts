/**
 * What the access log is told of a request, taken from where the codec left it: offsets in the buffer that was read. Called
 * only where there is a log.
 */
import { faultRow, type FaultCode } from '#core/fault.ts';
import { FIELD_STRIDE, FieldId, type Fields } from '#http1/head.ts';
import type { RequestHead } from '#http1/request-head.ts';
import type { AccessLog } from '#observe/access-log.ts';
import type { Recorder } from '#observe/recorder.ts';
import { ExchangeNotes } from '#observe/exchange-notes.ts';
import type { ClientFacts, RequestWriter } from './request-writer.ts';

const USER_AGENT = Buffer.from('user-agent', 'latin1');
/** Between the request id's value and the trace parent's, where the writer has made one: `CR LF traceparent: `. */
const TRACE_BEHIND_ID = Buffer.from('\r\ntraceparent: ', 'latin1');
const TRACEPARENT_BYTES = 55;

/** An exchange begins with the head just parsed from `buf`. */
export function noteRequest(
  notes: ExchangeNotes,
  buf: Buffer,
  head: RequestHead,
  client: ClientFacts,
  listener: string,
  nowMs: number,
): void {
  const { fields } = head;
  notes.begin(nowMs, client.address, listener);
  notes.versionMinor = head.versionMinor;
  const agent = findUserAgent(buf, fields);
  notes.request(
    buf,
    head.methodStart,
    head.methodEnd,
    head.targetStart,
    head.targetEnd,
    head.authorityStart,
    head.authorityEnd,
    agent === -1 ? 0 : (fields.at[agent * FIELD_STRIDE + 2] as number),
    agent === -1 ? 0 : (fields.at[agent * FIELD_STRIDE + 3] as number),
  );
  const trace = fields.find(FieldId.traceparent);
  if (trace === -1) return;
  notes.trace(buf, fields.at[trace * FIELD_STRIDE + 2] as number, fields.at[trace * FIELD_STRIDE + 3] as number);
}

/** The head for the backend has been written to `out`: the trace that begins here is known. */
export function noteTrace(notes: ExchangeNotes, out: Buffer, writer: RequestWriter): void {
  if (notes.hasTrace) return;
  const from = writer.idEnd;
  for (let i = 0; i < TRACE_BEHIND_ID.length; i++) if (out[from + i] !== TRACE_BEHIND_ID[i]) return;
  const start = from + TRACE_BEHIND_ID.length;
  notes.trace(out, start, start + TRACEPARENT_BYTES);
}

/** What an exchange knows at its end. */
interface Ended {
  readonly pool: { readonly plan: { readonly name: string } } | null;
  readonly status: number;
  readonly requestId: Uint8Array;
  readonly requestIdLength: number;
}

/** The exchange is over: its line may be written. */
export function noteEnd(
  notes: ExchangeNotes,
  { pool, status, requestId, requestIdLength }: Ended,
  route: string,
  backend: string,
  fault: FaultCode,
  bytesIn: number,
  bytesOut: number,
): void {
  notes.route = route;
  notes.pool = pool === null ? '' : pool.plan.name;
  notes.backend = backend;
  notes.status = status;
  notes.fault = fault;
  notes.bytesIn = bytesIn;
  notes.bytesOut = bytesOut;
  notes.requestId = requestId;
  notes.requestIdLength = requestIdLength;
}

/** One is enough: what it notes is written at once. */
const malformed = new ExchangeNotes();

/**
 * Bytes that were no request were answered with a fault: counts and logs that. Who the client was is asked only where there
 * is a log: it is a sixth of what the end of a slow client costs.
 */
export function recordMalformed(
  { recorder, accessLog }: { readonly recorder: Recorder; readonly accessLog: AccessLog | null },
  client: { readonly facts: ClientFacts },
  listener: { readonly row: number; readonly plan: { readonly name: string } },
  fault: FaultCode,
  bytesIn: number,
): void {
  recorder.malformed(faultRow(fault).status, listener.row);
  if (accessLog === null) return;
  const nowMs = performance.now();
  malformed.begin(nowMs, client.facts.address, listener.plan.name);
  malformed.fault = fault;
  malformed.status = faultRow(fault).status;
  malformed.bytesIn = bytesIn;
  accessLog.write(malformed, nowMs);
}

/** Index of the first User-Agent, which the codec has no number for; -1 where there is none. */
function findUserAgent(buf: Buffer, { at, count }: Fields): number {
  for (let i = 0, cell = 0; i < count; i++, cell += FIELD_STRIDE) {
    const start = at[cell] as number;
    if ((at[cell + 1] as number) - start !== USER_AGENT.length) continue;
    let same = 0;
    // Lower case: `|= 0x20` turns a capital into its letter, and leaves `-` as it is.
    while (same < USER_AGENT.length && ((buf[start + same] as number) | 0x20) === USER_AGENT[same]) same++;
    if (same === USER_AGENT.length) return i;
  }
  return -1;
}
