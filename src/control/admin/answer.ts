/** Answers of the admin API as values, and how they are sent. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ProblemAnswer } from '#contract/admin.ts';

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function json(value: unknown, status = 200): Answer {
  return { status, type: 'application/json; charset=utf-8', body: `${JSON.stringify(value)}\n` };
}

/** RFC 9457. */
export function problem(
  status: number,
  title: string,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const body: ProblemAnswer = { type: 'about:blank', title, status, detail };
  return { status, type: 'application/problem+json; charset=utf-8', body: `${JSON.stringify(body)}\n`, headers };
}

/** Nothing here is for other sites: not to frame, not to script, not to keep. */
const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

export function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const bytes = Buffer.from(answer.body);
  response.writeHead(answer.status, {
    ...SECURITY_HEADERS,
    'content-type': answer.type,
    'content-length': bytes.length,
    ...answer.headers,
  });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}
