/**
 * A collector of traces as far as a sender can tell: OTLP over HTTP with JSON, answers as the protocol has them, and checks of
 * each message that a real one would make. It keeps the spans that it has taken. What it answers can be changed.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from './until.ts';

type Scalar = string | number | boolean;

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly flags: number;
  readonly name: string;
  readonly kind: number;
  /** Microseconds since 1970. */
  readonly startUs: number;
  readonly endUs: number;
  readonly attributes: Readonly<Record<string, Scalar>>;
  readonly events: readonly {
    readonly name: string;
    readonly atUs: number;
    readonly attributes: Readonly<Record<string, Scalar>>;
  }[];
  /** 0 unset, 1 ok, 2 error. */
  readonly status: number;
  readonly resource: Readonly<Record<string, Scalar>>;
  readonly scope: { readonly name: string; readonly version: string };
}

/** What it answers to one export; `hang`: nothing. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly hang?: boolean;
}

export const SERVER = 2;
export const CLIENT = 3;
export const ERROR = 2;

export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  /** Every request, taken or not: its fields. */
  readonly requests: IncomingMessage['headers'][] = [];
  /** When each came, by `performance.now()`. */
  readonly timesMs: number[] = [];
  /** What was wrong with messages; a test should look. */
  readonly complaints: string[] = [];
  /** What to answer, by how many requests have come before. */
  answer: (request: number) => Answer = () => ({});
  readonly #server: Server;
  port = 0;

  private constructor() {
    this.#server = createServer((request, response) => {
      void read(request).then((body) => {
        const { status = 200, headers = {}, body: said, hang = false } = this.answer(this.requests.length);
        this.requests.push(request.headers);
        this.timesMs.push(performance.now());
        if (hang) return;
        if (request.method !== 'POST' || new URL(request.url ?? '', 'http://x').pathname !== '/v1/traces')
          this.complaints.push(`${request.method} ${request.url}`);
        if (request.headers['content-type'] !== 'application/json')
          this.complaints.push(`content-type: ${request.headers['content-type']}`);
        try {
          const spans = spansOf(JSON.parse(body) as Export);
          if (status === 200) this.spans.push(...spans);
        } catch (error) {
          this.complaints.push(String(error));
        }
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        response.end(JSON.stringify(said ?? (status === 200 ? { partialSuccess: {} } : { code: 3, message: 'no' })));
      });
    });
  }

  static async start(port = 0): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver();
    await new Promise<void>((resolve, reject) => {
      receiver.#server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    receiver.port = (receiver.#server.address() as AddressInfo).port;
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Waits for the spans of one trace: so many of them. */
  async trace(traceId: string, count: number): Promise<ReceivedSpan[]> {
    const spans = (): ReceivedSpan[] => this.spans.filter((span) => span.traceId === traceId);
    await until(`${count} spans of ${traceId}, ${this.spans.length} spans in all`, () => spans().length >= count);
    return spans();
  }
}

interface KeyValue {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scopeSpans: readonly {
      readonly scope: { readonly name: string; readonly version: string };
      readonly spans: readonly RawSpan[];
    }[];
  }[];
}

interface RawSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly flags?: number;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly KeyValue[];
  readonly events: readonly {
    readonly name: string;
    readonly timeUnixNano: string;
    readonly attributes: readonly KeyValue[];
  }[];
  readonly status: { readonly code?: number };
}

async function read(request: IncomingMessage): Promise<string> {
  let text = '';
  request.setEncoding('utf8');
  for await (const part of request) text += String(part);
  return text;
}

function spansOf({ resourceSpans }: Export): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) =>
      spans.map((span) => received(span, attributesOf(resource.attributes), scope)),
    ),
  );
}

/** Throws where a message is not what OTLP's JSON mapping says. */
function received(
  span: RawSpan,
  resource: ReceivedSpan['resource'],
  scope: { readonly name: string; readonly version: string },
): ReceivedSpan {
  const { traceId, spanId, parentSpanId = '', traceState = '', flags = 0, name, kind } = span;
  if (!/^[0-9a-f]{32}$/.test(traceId) || /^0+$/.test(traceId)) throw new Error(`traceId ${traceId}`);
  if (!/^[0-9a-f]{16}$/.test(spanId) || /^0+$/.test(spanId)) throw new Error(`spanId ${spanId}`);
  if (!/^(?:[0-9a-f]{16})?$/.test(parentSpanId)) throw new Error(`parentSpanId ${parentSpanId}`);
  if (name === '' || !Number.isInteger(kind) || kind < 0 || kind > 5) throw new Error(`name ${name}, kind ${kind}`);
  if (!Number.isInteger(flags) || flags < 0 || flags > 0xffffffff) throw new Error(`flags ${flags}`);
  const startUs = microseconds(span.startTimeUnixNano);
  const endUs = microseconds(span.endTimeUnixNano);
  if (endUs < startUs) throw new Error(`ends before it starts: ${name}`);
  return {
    traceId,
    spanId,
    parentSpanId,
    traceState,
    flags,
    name,
    kind,
    startUs,
    endUs,
    attributes: attributesOf(span.attributes),
    events: span.events.map((event) => ({
      name: event.name,
      atUs: microseconds(event.timeUnixNano),
      attributes: attributesOf(event.attributes),
    })),
    status: span.status.code ?? 0,
    resource,
    scope,
  };
}

function microseconds(text: unknown): number {
  if (typeof text !== 'string' || !/^\d{16,19}$/.test(text)) throw new Error(`a fixed64 is a text: ${String(text)}`);
  return Number(BigInt(text) / 1000n);
}

function attributesOf(pairs: readonly KeyValue[]): Record<string, Scalar> {
  const names = new Set(pairs.map(({ key }) => key));
  if (names.size !== pairs.length) throw new Error('an attribute comes twice');
  return Object.fromEntries(pairs.map(({ key, value }) => [key, scalarOf(value)]));
}

function scalarOf(value: KeyValue['value']): Scalar {
  const [[kind, content] = []] = Object.entries(value);
  if (kind === 'stringValue' && typeof content === 'string') return content;
  if (kind === 'boolValue' && typeof content === 'boolean') return content;
  if (kind === 'doubleValue' && typeof content === 'number') return content;
  // A 64-bit integer is a text or a number (ProtoJSON), and never a fraction.
  if (kind === 'intValue' && /^-?\d{1,19}$/.test(String(content))) return Number(content);
  throw new Error(`not an AnyValue: ${JSON.stringify(value)}`);
}
