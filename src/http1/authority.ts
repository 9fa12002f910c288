/**
 * host[:port] as it stands in Host and in targets (RFC 3986, section 3.2; RFC 9110, sections 4.2 and 7.2). No userinfo, no
 * IPvFuture, no zone identifiers.
 */
import { COLON, HEX_VALUE, REG_NAME } from './tables.ts';

const DOT = 0x2e;
const BRACKET_OPEN = 0x5b;
const BRACKET_CLOSE = 0x5d;
const PORT_MAX = 65535;

/** Whether [start, end) is four decimal octets (RFC 3986: dec-octet, so no leading zeros). */
function isIpv4(buf: Uint8Array, start: number, end: number): boolean {
  let pos = start;
  for (let octet = 0; octet < 4; octet++) {
    const from = pos;
    let value = 0;
    while (pos < end && pos - from < 4) {
      const digit = (buf[pos] as number) - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      pos++;
    }
    if (pos === from || value > 255 || (pos - from > 1 && buf[from] === 0x30)) return false;
    if (octet < 3 && (pos >= end || buf[pos++] !== DOT)) return false;
  }
  return pos === end;
}

/** Whether [start, end) is an IPv6 address (RFC 3986, section 3.2.2), `::` and a trailing IPv4 address included. */
export function isIpv6(buf: Uint8Array, start: number, end: number): boolean {
  let groups = 0;
  let gap = false;
  let pos = start;
  while (pos < end) {
    if (buf[pos] === COLON) {
      // Only `::` may stand here: at the start, or right behind the colon that ended a group.
      const doubled = pos === start ? pos + 1 < end && buf[pos + 1] === COLON : buf[pos - 1] === COLON;
      if (!doubled || gap) return false;
      gap = true;
      pos += pos === start ? 2 : 1;
      continue;
    }
    const from = pos;
    while (pos < end && pos - from < 5 && HEX_VALUE[buf[pos] as number] !== 255) pos++;
    if (pos < end && buf[pos] === DOT) {
      if (!isIpv4(buf, from, end)) return false;
      groups += 2;
      pos = end;
      break;
    }
    if (pos === from || pos - from > 4) return false;
    groups++;
    if (pos === end) break;
    if (buf[pos++] !== COLON || pos === end) return false;
  }
  return gap ? groups < 8 : groups === 8;
}

/** Where the bracketed host that starts at `start` ends, or -1 when it is no IPv6 address. */
function literalEnd(buf: Uint8Array, start: number, end: number): number {
  let pos = start;
  while (pos < end && buf[pos] !== BRACKET_CLOSE) pos++;
  return pos < end && isIpv6(buf, start + 1, pos) ? pos + 1 : -1;
}

/** The port in the host[:port] at [start, end); 0 when it is missing or empty, -1 when this is no host[:port]. */
function portOf(buf: Uint8Array, start: number, end: number): number {
  const name = REG_NAME;
  let pos = start;
  while (pos < end && name[buf[pos] as number] !== 0) pos++;
  if (pos === start && pos < end && buf[pos] === BRACKET_OPEN) pos = literalEnd(buf, start, end);
  if (pos <= start) return -1;
  if (pos === end) return 0;
  if (buf[pos] !== COLON) return -1;
  let port = 0;
  for (pos++; pos < end; pos++) {
    const digit = (buf[pos] as number) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    port = port * 10 + digit;
    if (port > PORT_MAX) return -1;
  }
  return port;
}

/** Whether [start, end) is host[:port]; the port may be empty (`host:`), the host may not. */
export function isAuthority(buf: Uint8Array, start: number, end: number): boolean {
  return portOf(buf, start, end) >= 0;
}

/** Whether [start, end) is host:port with a real port, as CONNECT needs it (RFC 9110, section 9.3.6). */
export function isConnectAuthority(buf: Uint8Array, start: number, end: number): boolean {
  return portOf(buf, start, end) > 0;
}
