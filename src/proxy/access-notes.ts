/**
 * What an exchange's notes are told of a request and its attempts; of the request, from where the codec left it: offsets in
 * the buffer that was read. Called only where an exchange has notes (observe/exchange-notes.ts).
 */
import { faultRow, type FaultCode } from '#core/fault.ts';
import type { Outcome } from '#core/outcome.ts';
import { FIELD_STRIDE, type Fields } from '#http1/head.ts';
import type { RequestHead } from '#http1/request-head.ts';
import type { AccessLog } from '#observe/access-log.ts';
import type { Recorder } from '#observe/recorder.ts';
import { ExchangeNotes } from '#observe/exchange-notes.ts';
import type { Attempt } from './attempt.ts';
import type { ClientFacts } from './request-writer.ts';

const USER_AGENT = Buffer.from('user-agent', 'latin1');

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
}

/** An attempt is over, or its exchange goes on without it. */
export function noteAttempt(
  notes: ExchangeNotes,
  attempt: Attempt,
  outcome: Outcome,
  elapsedMs: number,
  exchangeStartedMs: number,
): void {
  const { startedMs, connectedMs, firstByteMs, backend } = attempt;
  const at = notes.attempt(
    backend.plan.id,
    outcome,
    connectedMs === 0 ? -1 : connectedMs - startedMs,
    firstByteMs === 0 ? -1 : firstByteMs - startedMs,
    elapsedMs,
    attempt.hedge,
  );
  if (at === -1) return;
  const { backoffMs, ordinal, reason, status } = attempt;
  notes.attemptPick(at, startedMs - exchangeStartedMs, backoffMs, ordinal, reason, status, backend.place);
  if (!notes.span.sampled) return;
  notes.span.attempts[2 * at] = attempt.spanHigh;
  notes.span.attempts[2 * at + 1] = attempt.spanLow;
}

/** What an exchange knows at its end. */
export interface Ended {
  readonly pool: {
    readonly plan: { readonly name: string; readonly strategy: { readonly name: string } };
  } | null;
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
  notes.strategy = pool === null ? '' : pool.plan.strategy.name;
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
