/**
 * Who a client is, for limits by client: its IPv4 address, or the /64 of its IPv6 address, since whoever has one address of
 * a /64 has all of them. Behind trusted proxies it is the last address of X-Forwarded-For that is not a trusted proxy's own.
 * All of it is read from the bytes of the head: a chain of two costs a quarter of a microsecond, and no garbage.
 */
import type { HalfSipHash } from '#core/math/half-sip-hash.ts';
import type { RequestHead } from '#http1/request-head.ts';
import { FIELD_STRIDE, FieldId } from '#http1/head.ts';
import { AddressBytes } from './address-bytes.ts';
import type { TrustedProxies } from './trusted-proxies.ts';

/** Longer than any chain of proxies; an entry that begins before it is not looked at. */
const FORWARDED_BYTES_MAX = 2048;
const COMMA = 0x2c;
const SPACE = 0x20;
const TAB = 0x09;

export class ClientIdentity {
  /** The address found last. */
  readonly address: AddressBytes = new AddressBytes();

  /** Finds the client behind a trusted peer; false where the field says nothing that can be read: then it is the peer. */
  find(buf: Uint8Array, head: RequestHead, trusted: TrustedProxies): boolean {
    const { at, count } = head.fields;
    const { address } = this;
    if ((head.fields.seen & (1 << FieldId.xForwardedFor)) === 0) return false;
    let found = false;
    // The last line of the field was written last.
    for (let cell = (count - 1) * FIELD_STRIDE; cell >= 0; cell -= FIELD_STRIDE) {
      if (at[cell + 4] !== FieldId.xForwardedFor) continue;
      const first = at[cell + 2] as number;
      let end = at[cell + 3] as number;
      const least = Math.max(first, end - FORWARDED_BYTES_MAX);
      for (;;) {
        let start = end;
        while (start > least && buf[start - 1] !== COMMA) start--;
        if (start === least && least > first) return found;
        if (!this.#readEntry(buf, start, end)) return found;
        found = true;
        if (!trusted.trustsAddress(address)) return true;
        if (start === first) break;
        end = start - 1;
      }
    }
    return found;
  }

  /** Reads an address, as text, of a peer; false where it is none. */
  readText(text: string): boolean {
    const bytes = Buffer.from(text, 'latin1');
    return this.address.read(bytes, 0, bytes.length);
  }

  /** Hashes who is at the address into `hash`. */
  hashInto(hash: HalfSipHash): void {
    const { address } = this;
    const { words } = address;
    if (address.isIPv4) hash.hashWords(1, words[3] as number, 0);
    else hash.hashWords(2, words[0] as number, words[1] as number);
  }

  #readEntry(buf: Uint8Array, start: number, end: number): boolean {
    let from = start;
    let to = end;
    while (from < to && isBlank(buf[from] as number)) from++;
    while (to > from && isBlank(buf[to - 1] as number)) to--;
    return this.address.read(buf, from, to);
  }
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB;
}
