/**
 * The header of the PROXY protocol, versions 1 and 2, by which a proxy that passes bytes on says whose they are.
 * https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt
 *
 * Whoever expects it must not guess: bytes that do not begin with it are wrong. Values behind the addresses (TLVs) are passed
 * over. What is said of UDP, unix sockets and families that are not known says nothing of a client, nor do LOCAL and UNKNOWN:
 * the peer speaks for itself then, as it does for its own health checks.
 */
import { AddressBytes } from './address-bytes.ts';

export type ProxyHeader =
  /** It is not whole yet. */
  | { readonly kind: 'more' }
  /** It is none, or one that cannot be read. */
  | { readonly kind: 'wrong' }
  | {
      readonly kind: 'whole';
      /** Where what comes after it begins. */
      readonly end: number;
      /** The client as the proxy saw it; null: the peer speaks for itself. */
      readonly client: Peer | null;
    };

/** Whose a connection is: the socket's own peer, or the client that a proxy has named. */
export interface Peer {
  /** As `Connection` gives it: of IPv6 in its one canonical form (RFC 5952). */
  readonly remoteAddress: string;
  readonly remotePort: number;
}

/** Whose a connection is, null for the socket's own peer's, and the first bytes behind what said so: `buf[start, end)`. */
export interface Announcement {
  readonly peer: Peer | null;
  readonly buf: Buffer;
  readonly start: number;
  readonly end: number;
}

/** The longest line of version 1, its end included. */
const V1_BYTES_MAX = 107;
/** Of version 2 with all its values: certificates of clients may be among them. */
export const PROXY_HEADER_BYTES_MAX = 16 * 1024;

const V1_START = Buffer.from('PROXY ', 'latin1');
const V2_START = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const V2_FIXED_BYTES = 16;
const VERSION_2 = 0x20;
const LOCAL = 0;
const PROXY = 1;
const TCP_OVER_IPV4 = 0x11;
const TCP_OVER_IPV6 = 0x21;
const IPV4_BYTES = 12;
const IPV6_BYTES = 36;
const CR = 0x0d;
const LF = 0x0a;

const MORE: ProxyHeader = { kind: 'more' };
const WRONG: ProxyHeader = { kind: 'wrong' };
const address = new AddressBytes();

/** Reads the header at the beginning of `buf[start, end)`. */
export function readProxyHeader(buf: Buffer, start: number, end: number): ProxyHeader {
  if (begins(buf, start, end, V1_START)) return end - start < V1_START.length ? MORE : readV1(buf, start, end);
  if (begins(buf, start, end, V2_START)) return end - start < V2_FIXED_BYTES ? MORE : readV2(buf, start, end);
  return WRONG;
}

/** As far as there are bytes. */
function begins(buf: Buffer, start: number, end: number, wanted: Buffer): boolean {
  const length = Math.min(end - start, wanted.length);
  return buf.compare(wanted, 0, length, start, start + length) === 0;
}

function readV1(buf: Buffer, start: number, end: number): ProxyHeader {
  const lf = buf.subarray(start, Math.min(end, start + V1_BYTES_MAX)).indexOf(LF);
  if (lf === -1) return end - start < V1_BYTES_MAX ? MORE : WRONG;
  if (buf[start + lf - 1] !== CR) return WRONG;
  const done = start + lf + 1;
  const [, family = '', source = '', destination = '', sourcePort = '', destinationPort = '', ...more] = buf
    .toString('latin1', start, done - 2)
    .split(' ');
  // Whatever stands behind it is to be ignored.
  if (family === 'UNKNOWN') return { kind: 'whole', end: done, client: null };
  if (more.length > 0 || !isPort(sourcePort) || !isPort(destinationPort)) return WRONG;
  const isIPv6 = family === 'TCP6';
  if ((!isIPv6 && family !== 'TCP4') || !isAddress(destination, isIPv6) || !isAddress(source, isIPv6)) return WRONG;
  return { kind: 'whole', end: done, client: { remoteAddress: addressText(), remotePort: Number(sourcePort) } };
}

function isPort(text: string): boolean {
  return /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 0xffff;
}

/** Leaves it in `address`. */
function isAddress(text: string, isIPv6: boolean): boolean {
  if (isIPv6 !== text.includes(':') || /[[\]%]/.test(text)) return false;
  return address.read(Buffer.from(text, 'latin1'), 0, text.length);
}

function readV2(buf: Buffer, start: number, end: number): ProxyHeader {
  const [command, family] = [(buf[start + 12] as number) ^ VERSION_2, buf[start + 13] as number];
  const length = buf.readUInt16BE(start + 14);
  if ((command !== LOCAL && command !== PROXY) || V2_FIXED_BYTES + length > PROXY_HEADER_BYTES_MAX) return WRONG;
  const at = start + V2_FIXED_BYTES;
  const done = at + length;
  if (end < done) return MORE;
  if (command === LOCAL) return { kind: 'whole', end: done, client: null };
  if (family === TCP_OVER_IPV4) {
    if (length < IPV4_BYTES) return WRONG;
    address.words.set([0, 0, 0xffff, buf.readInt32BE(at)]);
    return { kind: 'whole', end: done, client: { remoteAddress: addressText(), remotePort: buf.readUInt16BE(at + 8) } };
  }
  if (family === TCP_OVER_IPV6) {
    if (length < IPV6_BYTES) return WRONG;
    address.words.set([0, 4, 8, 12].map((offset) => buf.readInt32BE(at + offset)));
    return {
      kind: 'whole',
      end: done,
      client: { remoteAddress: addressText(), remotePort: buf.readUInt16BE(at + 32) },
    };
  }
  return { kind: 'whole', end: done, client: null };
}

/** What `address` holds, as text. */
function addressText(): string {
  const { words, isIPv4 } = address;
  if (isIPv4) return [24, 16, 8, 0].map((bits) => ((words[3] as number) >>> bits) & 255).join('.');
  const groups = [...words].flatMap((word) => [word >>> 16, word & 0xffff].map((group) => group.toString(16)));
  const zeros = [...groups.map((group) => (group === '0' ? '0' : ' ')).join('').matchAll(/0{2,}/g)]; // prettier-ignore
  const longest = zeros.reduce<RegExpMatchArray | null>(
    (best, found) => (best === null || found[0].length > best[0].length ? found : best),
    null,
  );
  if (longest === null) return groups.join(':');
  const from = longest.index as number;
  return `${groups.slice(0, from).join(':')}::${groups.slice(from + longest[0].length).join(':')}`;
}
