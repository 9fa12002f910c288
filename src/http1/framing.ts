/** Where a message's body ends (RFC 9112, section 6.3), for heads that the parsers have accepted. */
import { Method } from './method.ts';
import type { RequestHead } from './request-head.ts';
import type { ResponseHead } from './response-head.ts';

export const BodyKind = {
  /** Nothing follows the head; a Content-Length of 0 counts as this too. */
  none: 0,
  /** Exactly `contentLength` bytes, which is above 0. */
  length: 1,
  chunked: 2,
  /** All bytes until the backend closes; how it closes tells nothing about whether the body is whole. */
  untilClose: 3,
} as const;
export type BodyKind = (typeof BodyKind)[keyof typeof BodyKind];

/** How the body of this request is framed. A request without framing fields has none, whatever its method. */
export function requestBody(head: RequestHead): BodyKind {
  if (head.chunked) return BodyKind.chunked;
  return head.contentLength > 0 ? BodyKind.length : BodyKind.none;
}

/**
 * How the body of this response is framed. `requestMethod` is the `Method` of the request that it answers. After a 101, or a
 * 2xx to CONNECT, the connection carries another protocol: that is no body.
 */
export function responseBody(head: ResponseHead, requestMethod: number): BodyKind {
  const status = head.status;
  if (status < 200 || status === 204 || status === 304 || requestMethod === Method.head) return BodyKind.none;
  if (requestMethod === Method.connect && status < 300) return BodyKind.none;
  if (head.chunked) return BodyKind.chunked;
  if (head.contentLength > 0) return BodyKind.length;
  return head.contentLength === 0 ? BodyKind.none : BodyKind.untilClose;
}
