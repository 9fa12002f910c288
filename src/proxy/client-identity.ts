/**
 * Who a client is, for limits by client: its IPv4 address, or the /64 of its IPv6 address, since whoever has one address of
 * a /64 has all of them. Behind trusted proxies it is the last address of X-Forwarded-For that is not a trusted proxy's own.
 */
import type { RequestHead } from '#http1/request-head.ts';
import { FIELD_STRIDE, FieldId } from '#http1/head.ts';
import type { TrustedProxies } from './trusted-proxies.ts';

/** Longer than any chain of proxies; what lies before it is not looked at. */
const FORWARDED_BYTES_MAX = 2048;

/** The address of the client behind a trusted peer; the peer's own where the field says nothing that can be read. */
export function forwardedFor(buf: Buffer, head: RequestHead, trusted: TrustedProxies, peer: string): string {
  const { at, count } = head.fields;
  let found = peer;
  // The last line of the field was written last.
  for (let cell = (count - 1) * FIELD_STRIDE; cell >= 0; cell -= FIELD_STRIDE) {
    if (at[cell + 4] !== FieldId.xForwardedFor) continue;
    const end = at[cell + 3] as number;
    const text = buf.toString('latin1', Math.max(at[cell + 2] as number, end - FORWARDED_BYTES_MAX), end);
    const entries = text.split(',');
    for (let entry = entries.length - 1; entry >= 0; entry--) {
      const address = bareAddress((entries[entry] as string).trim());
      if (networkOf(address) === null) return found;
      found = address;
      if (!trusted.trusts(address)) return found;
    }
  }
  return found;
}

/** An entry without brackets and port: `[2001:db8::1]:443`, `203.0.113.9:80`. */
function bareAddress(entry: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(entry);
  if (bracketed !== null) return bracketed[1] as string;
  return /^[\d.]+:\d+$/.test(entry) ? entry.slice(0, entry.indexOf(':')) : entry;
}

/** What stands for everyone at this address; null when it is none. IPv4 as it is, IPv6 as its first four groups. */
export function networkOf(address: string): string | null {
  if (IPV4.test(address)) return address;
  const [text = ''] = address.split('%');
  if (!text.includes(':') || !/^[\da-f:.]+$/i.test(text)) return null;
  const mapped = /^::ffff:([\d.]+)$/i.exec(text);
  if (mapped !== null) return IPV4.test(mapped[1] as string) ? (mapped[1] as string) : null;
  const groups = expand(text);
  return groups === null ? null : `${groups.slice(0, 4).join(':')}::/64`;
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)$/;

/** The eight groups of an IPv6 address, without leading zeros; null when it is none. */
function expand(text: string): string[] | null {
  const dotted = /^(.*:)([\d.]+)$/.exec(text);
  if (dotted !== null && (dotted[2] as string).includes('.')) {
    if (!IPV4.test(dotted[2] as string)) return null;
    const [a, b, c, d] = (dotted[2] as string).split('.').map(Number) as [number, number, number, number];
    return expand(`${dotted[1]}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`);
  }
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [front, back] = halves.map((half) => (half === '' ? [] : half.split(':'))) as [string[], string[] | undefined];
  const missing = 8 - front.length - (back?.length ?? 0);
  if (back === undefined ? missing !== 0 : missing < 1) return null;
  const groups = [...front, ...Array.from({ length: back === undefined ? 0 : missing }, () => '0'), ...(back ?? [])];
  return groups.every((group) => /^[\da-f]{1,4}$/i.test(group))
    ? groups.map((group) => parseInt(group, 16).toString(16))
    : null;
}
