/** One request over time: a line for each attempt, with what it waited for. Figures stand beside the picture. */
import type { RequestAnswer } from '#contract/requests.ts';
import { millis } from '../../format/figures.ts';
import { attemptReason } from './request-words.ts';
import {
  attemptSpans,
  endOf,
  SPAN_NAMES,
  type SpanKind,
  type WaterfallRow,
  type WaterfallSpan,
} from './waterfall-spans.ts';
import './waterfall.css';

const BAR_HEIGHT = 14;
/** Percent: what is shorter is drawn as long as this, so that it is seen. */
const LEAST_WIDTH = 0.3;
const TICKS = [0, 0.25, 0.5, 0.75, 1];

export function Waterfall({ request }: { readonly request: RequestAnswer }) {
  const endMs = endOf(request);
  const rows = rowsOf(request);
  const kinds = [...new Set(rows.flatMap(({ spans }) => spans.map(({ kind }) => kind)))];
  return (
    <figure class="waterfall">
      <div class="waterfall-rows" role="list" aria-label="What it waited for">
        <div class="waterfall-row waterfall-scale" aria-hidden="true">
          <span />
          <span class="waterfall-ticks">
            {TICKS.map((tick) => (
              <span key={tick}>{millis(endMs * tick)}</span>
            ))}
          </span>
          <span />
        </div>
        {rows.map((row) => (
          <div key={row.key} class="waterfall-row" role="listitem">
            <span class="waterfall-title">{row.title}</span>
            <svg class="waterfall-bar" height={BAR_HEIGHT} aria-hidden="true">
              {TICKS.slice(1, -1).map((tick) => (
                <line key={tick} x1={`${tick * 100}%`} x2={`${tick * 100}%`} y1="0" y2="100%" />
              ))}
              {row.spans.map((one) => (
                <Bar key={`${one.kind} ${one.fromMs}`} span={one} endMs={endMs} />
              ))}
            </svg>
            <span class="waterfall-note">{row.note}</span>
          </div>
        ))}
      </div>
      <figcaption class="waterfall-legend">
        {kinds.map((kind) => (
          <span key={kind}>
            <svg width="10" height="10" aria-hidden="true">
              <rect class={`waterfall-${kind}`} width="10" height="10" rx="2" />
            </svg>
            {SPAN_NAMES[kind]}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

function Bar({ span, endMs }: { readonly span: WaterfallSpan; readonly endMs: number }) {
  const percent = (ms: number): number => (ms / endMs) * 100;
  const width = Math.max(LEAST_WIDTH, percent(span.toMs - span.fromMs));
  return (
    <rect
      class={`waterfall-${span.kind}`}
      x={`${Math.min(percent(span.fromMs), 100 - LEAST_WIDTH)}%`}
      width={`${width}%`}
      height={BAR_HEIGHT}
      rx="2"
    />
  );
}

function rowsOf(request: RequestAnswer): WaterfallRow[] {
  const { queueMs, attempts, pool } = request;
  const queue: WaterfallRow[] =
    queueMs === null
      ? []
      : [
          {
            key: 'queue',
            title: 'In line',
            note: millis(queueMs),
            spans: [{ kind: 'queue', fromMs: 0, toMs: queueMs }],
          },
        ];
  return [
    ...queue,
    ...attempts.map((attempt, at): WaterfallRow => {
      const spans = attemptSpans(attempt);
      return {
        key: `attempt ${at}`,
        title: `${pool}/${attempt.backend}`,
        note: [
          attemptReason(attempt.reason),
          ...spans.map(({ kind, fromMs, toMs }) => `${SHORT[kind]} ${millis(toMs - fromMs)}`),
          attempt.status === null ? attempt.outcome : `${attempt.status}, ${attempt.outcome}`,
        ].join(' · '),
        spans,
      };
    }),
  ];
}

const SHORT: Readonly<Record<SpanKind, string>> = {
  queue: 'in line',
  backoff: 'backoff',
  connect: 'connect',
  wait: 'first byte',
  body: 'body',
  failed: 'failed after',
};
