/** Header fields that a route may not edit: those that frame a message or belong to one connection, and those that the proxy writes. */
import { shorten } from './quantities.ts';

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** RFC 9110, sections 7.6.1 and 8.6; RFC 9112, section 6. */
const FRAMING = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'expect',
]);
const WRITTEN_TO_BACKENDS = new Set([
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-request-id',
  'via',
  'traceparent',
]);
const WRITTEN_TO_CLIENTS = new Set(['x-request-id', 'x-edgebalancer-reason']);

/** Why this edit cannot be, or null. */
export function managedBy(name: string, side: 'request' | 'response', verb: 'set' | 'add' | 'remove'): string | null {
  const shown = shorten(name);
  const lower = name.toLowerCase();
  if (!TOKEN.test(name)) return `\`${shown}\` is not the name of a header field`;
  if (FRAMING.has(lower))
    return `\`${shown}\` says how a message is framed or a connection used; only the proxy itself may write it`;
  const written = side === 'request' ? WRITTEN_TO_BACKENDS : WRITTEN_TO_CLIENTS;
  if (written.has(lower)) return `\`${shown}\` is written by the proxy itself and cannot be edited`;
  if (side === 'request' && lower === 'host' && verb !== 'set')
    return 'a request has exactly one `host`; it can be `set`, not added or removed';
  return null;
}
