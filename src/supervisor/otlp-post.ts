/**
 * One export request: OTLP over HTTP (OTLP specification 1.x, section OTLP/HTTP), JSON in and out, over a connection that is
 * kept for the next. Whoever calls bounds how many there are at one time.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

/** What a collector answered. */
export interface OtlpAnswer {
  readonly status: number;
  /** Milliseconds that it asks to be left alone; 0: it does not ask. */
  readonly retryAfterMs: number;
  /** Spans that it has not taken although it took the rest, and why. */
  readonly rejected: number;
  readonly message: string;
}

export type OtlpPost = (
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
) => Promise<OtlpAnswer>;

/** OTEL_EXPORTER_OTLP_TIMEOUT's default. */
const TIMEOUT_MS = 10_000;
/** More of an answer says nothing that is needed. */
const ANSWER_BYTES_MAX = 64 * 1024;
const MESSAGE_LENGTH_MAX = 200;
/** A connection that nothing was sent on for so long is closed. */
const IDLE_MS = 30_000;

/** A way to post that keeps its connection; `close` ends it. */
export function otlpPoster(): { readonly post: OtlpPost; readonly close: () => void } {
  const options = { keepAlive: true, maxSockets: 1, timeout: IDLE_MS };
  const agents = { http: new HttpAgent(options), https: new HttpsAgent(options) };
  return {
    post: (url, headers, body, signal) => post(url, headers, body, signal, agents),
    close: () => {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

function post(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
  agents: { readonly http: HttpAgent; readonly https: HttpsAgent },
): Promise<OtlpAnswer> {
  const secure = url.protocol === 'https:';
  const bytes = Buffer.from(body);
  return new Promise((resolve, reject) => {
    const request = (secure ? httpsRequest : httpRequest)(
      url,
      {
        method: 'POST',
        agent: secure ? agents.https : agents.http,
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
        headers: {
          'user-agent': 'edgebalancer',
          ...headers,
          'content-type': 'application/json',
          'content-length': String(bytes.length),
        },
      },
      (answer) => read(answer, resolve, reject),
    );
    request.on('error', reject);
    request.end(bytes);
  });
}

function read(answer: IncomingMessage, resolve: (read: OtlpAnswer) => void, reject: (error: Error) => void): void {
  const chunks: Buffer[] = [];
  let length = 0;
  answer.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length <= ANSWER_BYTES_MAX) chunks.push(chunk);
    else answer.destroy(new Error('the answer is too long'));
  });
  answer.on('error', reject);
  answer.on('end', () => {
    resolve({
      status: answer.statusCode ?? 0,
      retryAfterMs: retryAfterMs(answer.headers['retry-after']),
      ...partialSuccess(Buffer.concat(chunks).toString('utf8')),
    });
  });
}

/** Seconds, or a date (RFC 9110, section 10.2.3). */
function retryAfterMs(value: string | undefined): number {
  if (value === undefined) return 0;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? 0 : Math.max(0, at - Date.now());
}

/** ExportTracePartialSuccess, or the message of a Status. */
function partialSuccess(text: string): { readonly rejected: number; readonly message: string } {
  try {
    const { partialSuccess: partial, message } = JSON.parse(text) as {
      partialSuccess?: { rejectedSpans?: number | string; errorMessage?: string };
      message?: string;
    };
    const rejected = Number(partial?.rejectedSpans ?? 0);
    return {
      rejected: Number.isSafeInteger(rejected) && rejected > 0 ? rejected : 0,
      message: String(partial?.errorMessage ?? message ?? '').slice(0, MESSAGE_LENGTH_MAX),
    };
  } catch {
    // Collectors of little means answer with nothing, or in words.
    return { rejected: 0, message: '' };
  }
}
