/** A record to the spans of a waterfall: what the request waited for, one after another, and beside each other where hedged. */
import type { AttemptEntry, RequestAnswer } from '#contract/requests.ts';

export type SpanKind = 'queue' | 'backoff' | 'connect' | 'wait' | 'body' | 'failed';

export interface WaterfallSpan {
  readonly kind: SpanKind;
  /** Milliseconds since the request's head was whole. */
  readonly fromMs: number;
  readonly toMs: number;
}

export interface WaterfallRow {
  readonly key: string;
  readonly title: string;
  readonly note: string;
  readonly spans: readonly WaterfallSpan[];
}

export const SPAN_NAMES: Readonly<Record<SpanKind, string>> = {
  queue: 'in line for a backend',
  backoff: 'waited before trying again',
  connect: 'connecting',
  wait: 'waiting for the first byte',
  body: 'receiving the answer',
  failed: 'until it failed',
};

/** What an attempt went through. Where nothing came back, the wait is what it failed in. */
export function attemptSpans(attempt: AttemptEntry): WaterfallSpan[] {
  const { startMs, backoffMs, connectMs, firstByteMs, ms, outcome } = attempt;
  const spans: WaterfallSpan[] = [];
  const end = startMs + ms;
  if (backoffMs !== null && backoffMs > 0)
    spans.push({ kind: 'backoff', fromMs: Math.max(0, startMs - backoffMs), toMs: startMs });
  let at = startMs;
  if (connectMs !== null) {
    spans.push({ kind: 'connect', fromMs: at, toMs: Math.min(end, startMs + connectMs) });
    at = Math.min(end, startMs + connectMs);
  }
  if (firstByteMs === null) {
    spans.push({ kind: outcome === 'success' ? 'wait' : 'failed', fromMs: at, toMs: end });
    return spans;
  }
  const first = Math.min(end, Math.max(at, startMs + firstByteMs));
  spans.push({ kind: 'wait', fromMs: at, toMs: first });
  if (end > first) spans.push({ kind: 'body', fromMs: first, toMs: end });
  return spans;
}

/** The length of the whole: a second copy may go on after the client has its answer. */
export function endOf({ durationMs, attempts }: RequestAnswer): number {
  return Math.max(durationMs, ...attempts.map(({ startMs, ms }) => startMs + ms), 0.001);
}
