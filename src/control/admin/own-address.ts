/** Whether a backend's URL leads back to this process: its requests would go round until nothing is left. */
import { resolve } from 'node:path';
import type { SocketAddress } from '#core/plan.ts';
import { readBackendUrl } from '../config/addresses.ts';

const WILDCARDS = ['0.0.0.0', '::'];
const isLoopback = (host: string): boolean =>
  host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127\./.test(host);

/** `own`: where this process listens. `interfaces`: addresses of this machine. */
export function leadsHere(url: string, own: readonly SocketAddress[], interfaces: readonly string[]): boolean {
  const reading = readBackendUrl(url);
  if ('problem' in reading) return false;
  const { address } = reading.value;
  return own.some((mine) => {
    if (mine.kind === 'unix') return address.kind === 'unix' && resolve(address.path) === resolve(mine.path);
    if (address.kind === 'unix' || address.port !== mine.port) return false;
    const host = plain(address.host);
    const bound = plain(mine.host);
    // Whoever connects to a wildcard reaches this machine.
    const local = isLoopback(host) || WILDCARDS.includes(host) || interfaces.includes(host);
    if (WILDCARDS.includes(bound)) return local;
    return host === bound || (isLoopback(bound) && (/(^|\.)localhost$/.test(host) || WILDCARDS.includes(host)));
  });
}

/** Addresses in their canonical form, IPv4 in IPv6 as IPv4; names as they are, in lower case. */
function plain(host: string): string {
  const bare = host.toLowerCase().replace(/\.$/, '');
  if (!bare.includes(':')) {
    // The system's resolver takes `0x7f000001` and `0177.0.0.1` for addresses (inet_aton), and so does the URL parser.
    const isNumber = /(^|\.)(0x[\da-f]*|\d+)$/.test(bare) && URL.canParse(`http://${bare}`);
    return isNumber ? new URL(`http://${bare}`).hostname : bare;
  }
  if (!URL.canParse(`http://[${bare}]`)) return bare;
  const canonical = new URL(`http://[${bare}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([\da-f]+):([\da-f]+)$/.exec(canonical);
  if (mapped === null) return canonical;
  const [high, low] = [parseInt(mapped[1] as string, 16), parseInt(mapped[2] as string, 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
