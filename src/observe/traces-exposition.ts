/** The part of `GET /metrics` that tells of traces: what became of spans, and whom clients could not have recorded. */
import type { Exposition } from './exposition.ts';
import type { Observed } from './observed.ts';

/** Spans that the supervisor has had in hands, by what became of them. */
export interface SpanFacts {
  readonly exported: number;
  readonly dropped: number;
  readonly failed: number;
}

export function traces(out: Exposition, { tables: { counters } }: Observed, spans: SpanFacts): void {
  out
    .family(
      'edgebalancer_trace_spans_total',
      'counter',
      'Spans by what became of them: taken by the collector (exported), refused by it or tried in vain (failed), or never sent for want of room or time (dropped).',
    )
    .sample({ result: 'exported' }, spans.exported)
    .sample({ result: 'failed' }, spans.failed)
    .sample({ result: 'dropped' }, spans.dropped + counters.global('spansDropped'));
  out
    .family(
      'edgebalancer_traces_refused_total',
      'counter',
      'Requests that a client asked to have recorded, and that were not: more than tracing.clients allows.',
    )
    .sample({}, counters.global('tracesRefused'));
}
