/**
 * Spans in OTLP's JSON (opentelemetry-proto, trace.proto 1.x, by the JSON mapping of the OTLP specification): ids as
 * hexadecimal digits, 64-bit numbers as texts, enums as numbers. One SERVER span for the exchange, one CLIENT span for each
 * attempt, in one go from an exchange's record.
 */
import {
  clientAttributes,
  isClientError,
  isServerError,
  methodName,
  serverAttributes,
  targetOf,
  type Target,
} from './span-attributes.ts';
import type { AttemptRecord, SpanRecord } from './span-record.ts';
import { AttributeText, idText, nanoText, quotedName } from './span-text.ts';

const KIND_SERVER = 2;
const KIND_CLIENT = 3;
const STATUS_ERROR = '{"code":2}';
const STATUS_UNSET = '{}';
/** It is known whether the parent is of another process, and it is (trace.proto, SpanFlags). */
const HAS_IS_REMOTE = 0x100;
const IS_REMOTE = 0x200;

/** The exchange's spans, as texts to be joined by commas: the exchange's own is the first. */
export function spansOf(record: SpanRecord): string[] {
  const target = targetOf(record);
  const spans = [serverSpan(record, target)];
  for (const attempt of record.attempts) spans.push(clientSpan(record, attempt, target));
  return spans;
}

/** The body of one export: spans by `spansOf`. */
export function exportBody(
  resource: Readonly<Record<string, string>>,
  version: string,
  spans: readonly string[],
): string {
  const scope = JSON.stringify({ name: 'edgebalancer', version });
  const about = new AttributeText();
  // Names too may come from the environment.
  for (const [name, value] of Object.entries(resource)) about.text(JSON.stringify(name).slice(1, -1), value);
  return `{"resourceSpans":[{"resource":{"attributes":[${about.json}]},"scopeSpans":[{"scope":${scope},"spans":[${spans.join(',')}]}]}]}`;
}

function serverSpan(record: SpanRecord, target: Target): string {
  const { parentHigh, parentLow, startMs, ms, pattern, flags } = record;
  const isRoot = (parentHigh | parentLow) === 0;
  const method = methodName(record);
  const name = method === '_OTHER' ? 'HTTP' : method;
  const parent = isRoot ? '' : `,"parentSpanId":${idText(parentHigh, parentLow)}`;
  const about = isRoot ? flags : flags | HAS_IS_REMOTE | IS_REMOTE;
  return (
    `{"traceId":"${record.traceId}","spanId":${idText(record.spanHigh, record.spanLow)}${stateOf(record)}${parent}` +
    `,"flags":${about},"name":${quotedName(pattern === '' ? name : `${name} ${pattern}`)},"kind":${KIND_SERVER}` +
    `,"startTimeUnixNano":${nanoText(startMs)},"endTimeUnixNano":${nanoText(startMs + ms)}` +
    `,"attributes":[${serverAttributes(record, target)}],"events":[${waits(record).join(',')}]` +
    `,"status":${isServerError(record) ? STATUS_ERROR : STATUS_UNSET}}`
  );
}

function clientSpan(record: SpanRecord, attempt: AttemptRecord, target: Target): string {
  const startMs = record.startMs + attempt.startMs;
  const method = methodName(record);
  const events: string[] = [];
  if (attempt.connectMs >= 0) events.push(event(startMs + attempt.connectMs, 'edgebalancer.connected', -1));
  if (attempt.firstByteMs >= 0) events.push(event(startMs + attempt.firstByteMs, 'edgebalancer.first_byte', -1));
  return (
    `{"traceId":"${record.traceId}","spanId":${idText(attempt.spanHigh, attempt.spanLow)}${stateOf(record)}` +
    `,"parentSpanId":${idText(record.spanHigh, record.spanLow)},"flags":${record.flags | HAS_IS_REMOTE}` +
    `,"name":"${method === '_OTHER' ? 'HTTP' : method}","kind":${KIND_CLIENT}` +
    `,"startTimeUnixNano":${nanoText(startMs)},"endTimeUnixNano":${nanoText(startMs + attempt.ms)}` +
    `,"attributes":[${clientAttributes(record, attempt, target)}],"events":[${events.join(',')}]` +
    `,"status":${isClientError(attempt) ? STATUS_ERROR : STATUS_UNSET}}`
  );
}

function stateOf({ state }: SpanRecord): string {
  return state === '' ? '' : `,"traceState":${JSON.stringify(state)}`;
}

/** What the exchange waited for on purpose; each event stands at the end of its wait. */
function waits({ startMs, queueMs, attempts }: SpanRecord): string[] {
  const events: string[] = [];
  if (queueMs >= 0) events.push(event(startMs + queueMs, 'edgebalancer.queue', queueMs));
  for (const { startMs: atMs, backoffMs } of attempts)
    if (backoffMs >= 0) events.push(event(startMs + atMs, 'edgebalancer.backoff', backoffMs));
  return events;
}

/** `waitMs` negative: nothing was waited for. */
function event(atMs: number, name: string, waitMs: number): string {
  const attributes = new AttributeText();
  if (waitMs >= 0) attributes.double('edgebalancer.wait_ms', waitMs);
  return `{"timeUnixNano":${nanoText(atMs)},"name":"${name}","attributes":[${attributes.json}]}`;
}
