/** The proxy's own answers: small, JSON or text by Accept, with the reason from the closed list. */
import { faultRow, type FaultCode } from '#core/fault.ts';

const STATUS_TEXT: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  414: 'URI Too Long',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
};

export interface ErrorReplyOptions {
  readonly json: boolean;
  /** The request was HEAD: the head alone, with the length that GET would have had. */
  readonly headOnly: boolean;
  readonly close: boolean;
  /** HTTP/1.0 clients keep a connection only when told so. */
  readonly keepAlive10: boolean;
  /** Seconds for Retry-After, on 429 and 503. */
  readonly retryAfterSeconds: number;
  /** Whole lines of RateLimit fields, or ''. */
  readonly limitLines?: string;
  /** '' when there is none yet. */
  readonly requestId: string;
}

/** What a client's request says of the form of the reply. */
export type FaultForm = Pick<ErrorReplyOptions, 'json' | 'headOnly' | 'requestId'>;

/** The whole message. */
export function errorReply(fault: FaultCode, options: ErrorReplyOptions, date: Buffer): Buffer {
  const { name, status, reason, detail } = faultRow(fault);
  const id = options.requestId;
  const body = options.json
    ? `${JSON.stringify({ status, reason, code: name, detail, ...(id === '' ? {} : { requestId: id }) })}\n`
    : `${status} ${STATUS_TEXT[status] ?? 'Error'}: ${detail}${id === '' ? '' : ` (request ${id})`}\n`;
  let head =
    `HTTP/1.1 ${status} ${STATUS_TEXT[status] ?? 'Error'}\r\n` +
    `content-type: ${options.json ? 'application/json' : 'text/plain; charset=utf-8'}\r\n` +
    `content-length: ${Buffer.byteLength(body)}\r\n` +
    (status < 400 ? '' : `x-edgebalancer-reason: ${reason}\r\n`);
  if (status === 405 || status === 200) head += 'allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n';
  if (status === 429 || status === 503) head += `retry-after: ${options.retryAfterSeconds}\r\n`;
  head += options.limitLines ?? '';
  if (id !== '') head += `x-request-id: ${id}\r\n`;
  if (options.close) head += 'connection: close\r\n';
  else if (options.keepAlive10) head += 'connection: keep-alive\r\n';
  return Buffer.concat([
    Buffer.from(head, 'latin1'),
    date,
    Buffer.from(options.headOnly ? '\r\n' : `\r\n${body}`, 'utf8'),
  ]);
}

/** Whether the head in `bytes` says that its sender takes JSON. */
export function acceptsJson(bytes: Buffer): boolean {
  const text = bytes.toString('latin1', 0, Math.min(bytes.length, 64 * 1024));
  return /^accept:[^\r\n]*[/+]json/im.test(text.slice(0, headEnd(text)));
}

function headEnd(text: string): number {
  const end = text.indexOf('\r\n\r\n');
  return end === -1 ? text.length : end;
}
