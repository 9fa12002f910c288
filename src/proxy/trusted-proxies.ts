/**
 * Which peers may speak for someone else: CIDRs whose X-Forwarded-* fields are believed. Two CIDRs are apart or one lies in
 * the other, so with the inner ones left out at most one can hold an address: the last that does not begin behind it.
 */
import { AddressBytes } from './address-bytes.ts';

/** Of an IPv4 network within ::ffff:0:0/96. */
const MAPPED_BITS = 96;

interface Network {
  readonly words: Int32Array;
  readonly bits: number;
}

export class TrustedProxies {
  readonly #address = new AddressBytes();
  /** In order, none within another; at most as many as the configuration may name (1,000). */
  readonly #networks: readonly Network[];

  constructor(cidrs: readonly string[]) {
    const networks = cidrs.map((cidr) => this.#parse(cidr));
    networks.sort((a, b) => order(a.words, b.words) || a.bits - b.bits);
    const apart: Network[] = [];
    for (const network of networks) {
      const before = apart.at(-1);
      if (before === undefined || !holds(before, network.words)) apart.push(network);
    }
    this.#networks = apart;
  }

  /** Whether a peer with this address, as text, is one. What is no address (a unix socket's peer) is none. */
  trusts(address: string): boolean {
    const bytes = Buffer.from(address, 'latin1');
    return this.#address.read(bytes, 0, bytes.length) && this.trustsAddress(this.#address);
  }

  trustsAddress({ words }: AddressBytes): boolean {
    const networks = this.#networks;
    let low = 0;
    let high = networks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (order((networks[middle] as Network).words, words) <= 0) low = middle + 1;
      else high = middle;
    }
    return low > 0 && holds(networks[low - 1] as Network, words);
  }

  #parse(cidr: string): Network {
    const slash = cidr.indexOf('/');
    const bytes = Buffer.from(slash === -1 ? cidr : cidr.slice(0, slash), 'latin1');
    // The configuration has been checked: this is a mistake of ours.
    if (!this.#address.read(bytes, 0, bytes.length)) throw new TypeError(`no network: ${cidr}`);
    const dotted = bytes.indexOf(':') === -1;
    const bits = slash === -1 ? 128 : Number(cidr.slice(slash + 1)) + (dotted ? MAPPED_BITS : 0);
    return { words: this.#address.words.map((word, at) => word & maskOf(bits, at)), bits };
  }
}

/** The bits of word `at` that a prefix of `bits` covers. */
function maskOf(bits: number, at: number): number {
  const covered = Math.min(32, Math.max(0, bits - 32 * at));
  return covered === 0 ? 0 : -1 << (32 - covered);
}

function holds({ words, bits }: Network, address: Int32Array): boolean {
  for (let at = 0; at < 4 && 32 * at < bits; at++)
    if (((address[at] as number) & maskOf(bits, at)) !== words[at]) return false;
  return true;
}

/** Negative where `a` comes before `b`, 0 where they are the same. */
function order(a: Int32Array, b: Int32Array): number {
  for (let at = 0; at < 4; at++) {
    const difference = ((a[at] as number) >>> 0) - ((b[at] as number) >>> 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
