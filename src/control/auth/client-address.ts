/**
 * Who a request came from. On an address of the admin API's own it is the peer. Through the workers it is in
 * X-Forwarded-For, which a worker writes anew: what a client sent is in it only when the client is a trusted proxy, and the
 * peer's address is always its last entry. The client is therefore the right-most entry that is no trusted proxy's.
 */
import { BlockList, isIP } from 'node:net';
import { plainAddress } from './network.ts';

/** Longer than any chain of proxies; what lies before it is not looked at. */
const ENTRIES_MAX = 32;

export class TrustedNetworks {
  readonly #list = new BlockList();
  readonly #empty: boolean;

  /** CIDRs, or single addresses; checked by the configuration. */
  constructor(cidrs: readonly string[]) {
    this.#empty = cidrs.length === 0;
    for (const cidr of cidrs) {
      const [network = '', bits] = cidr.split('/');
      const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
      this.#list.addSubnet(network, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family);
    }
  }

  has(address: string): boolean {
    if (this.#empty) return false;
    const family = isIP(address);
    return family !== 0 && this.#list.check(address, family === 6 ? 'ipv6' : 'ipv4');
  }
}

/** Null when the field holds no address that can be read. */
export function forwardedClient(field: string, trusted: TrustedNetworks): string | null {
  let client: string | null = null;
  for (const entry of field.split(',').slice(-ENTRIES_MAX).reverse()) {
    const address = plainAddress(bare(entry.trim()));
    if (isIP(address) === 0) return client;
    client = address;
    if (!trusted.has(address)) return client;
  }
  return client;
}

/** Without brackets and port: `[2001:db8::1]:443`, `203.0.113.9:80`. */
function bare(entry: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(entry);
  if (bracketed !== null) return bracketed[1] as string;
  return /^[\d.]+:\d+$/.test(entry) ? entry.slice(0, entry.indexOf(':')) : entry;
}
