/**
 * Addresses of clients as limits count them: an IPv4 address, or the /64 of an IPv6 one, since whoever has one address of a
 * /64 has them all.
 */
import { isIP } from 'node:net';

/** What stands for everyone at this address; the text itself where it is no address (`local` for a unix socket). */
export function networkOf(address: string): string {
  const family = isIP(address);
  if (family !== 6) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped !== null) return mapped[1] as string;
  // The URL parser writes an IPv6 address in its one canonical form (RFC 5952), in which `::` is the only shortening.
  const [plain = ''] = address.split('%');
  const canonical = new URL(`http://[${plain}]`).hostname.slice(1, -1);
  const [front = '', back] = canonical.split('::');
  const head = front === '' ? [] : front.split(':');
  const tail = back === undefined || back === '' ? [] : back.split(':');
  const zeros = back === undefined ? 0 : 8 - head.length - tail.length;
  const groups = [...head, ...Array.from({ length: zeros }, () => '0'), ...tail];
  return `${groups.slice(0, 4).join(':')}::/64`;
}

/** An IPv4 address that came over an IPv6 socket, as itself. */
export function plainAddress(address: string): string {
  return address.toLowerCase().startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}
