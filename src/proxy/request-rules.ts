/** What a well-formed request may not ask of a proxy, and what it may ask only within bounds. */
import { Fault, type FaultCode } from '#core/fault.ts';
import { isNominated } from '#http1/connection-tokens.ts';
import { FIELD_STRIDE, FieldId } from '#http1/head.ts';
import { Method, type RequestHead } from '#http1/request-head.ts';

/** Why this request goes no further; 0 when it may. `bodyBytesMax` 0: bodies of any length. */
export function requestFault(buf: Buffer, head: RequestHead, bodyBytesMax: number): FaultCode {
  if (head.method === Method.connect) return Fault.connectRefused;
  if (head.connectionTokens && connectionNamesFraming(buf, head)) return Fault.badConnection;
  if (countsForwards(head) && forwardsLeft(buf, head) === 0) return Fault.lastHop;
  if (bodyBytesMax > 0 && head.contentLength > bodyBytesMax) return Fault.bodyTooLarge;
  return 0;
}

/** Fields that a Connection field may not take away: framing and routing would change their meaning (RFC 9110 7.6.1). */
export function isProtected(id: number): boolean {
  return id === FieldId.host || id === FieldId.contentLength;
}

/** Only TRACE and OPTIONS count the proxies on their way (RFC 9110 7.6.2). */
export function countsForwards(head: RequestHead): boolean {
  const counted = head.method === Method.options || head.method === Method.trace;
  return counted && (head.fields.seen & (1 << FieldId.maxForwards)) !== 0;
}

/** How many more proxies may forward it; a value that is no number counts as a large one. */
export function forwardsLeft(buf: Buffer, head: RequestHead): number {
  const cell = head.fields.find(FieldId.maxForwards) * FIELD_STRIDE;
  const text = buf.toString('latin1', head.fields.at[cell + 2], head.fields.at[cell + 3]);
  return /^\d{1,9}$/.test(text) ? Number(text) : 1_000_000_000;
}

/** Whether Connection names a field that says where the message ends or goes: nobody does that by mistake. */
function connectionNamesFraming(buf: Buffer, head: RequestHead): boolean {
  const { fields } = head;
  for (let i = 0; i < fields.count; i++) {
    const id = fields.at[i * FIELD_STRIDE + 4] as number;
    const framing = isProtected(id) || id === FieldId.transferEncoding;
    if (framing && isNominated(buf, fields, i)) return true;
  }
  return false;
}

/**
 * Whether the upgrade that the head asks for may go through. Not to another HTTP or TLS: whoever switches to one of those
 * behind the proxy's back can send requests that no rule here ever sees.
 */
export function upgradeAllowed(buf: Buffer, head: RequestHead): boolean {
  const { fields } = head;
  let seen = 0;
  for (let cell = 0; cell < fields.count * FIELD_STRIDE; cell += FIELD_STRIDE) {
    if (fields.at[cell + 4] !== FieldId.upgrade) continue;
    const value = buf.toString('latin1', fields.at[cell + 2], fields.at[cell + 3]);
    if (++seen > 1 || /(?:^|[\s,])(?:h2|h3|http|tls)/i.test(value)) return false;
  }
  return seen === 1;
}
