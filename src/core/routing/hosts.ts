/**
 * Hosts: exact, or `*.example.com` for one label or more in front. Letter case does not matter (RFC 9110, section 4.2.3),
 * nor does the closing dot of a full name; a port matters only where the pattern has one.
 */
const DOT = 0x2e;
const COLON = 0x3a;
const FNV_BASIS = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;

export interface HostPattern {
  readonly wildcard: boolean;
  /** Lower case; of a wildcard what follows the `*`, its dot included. */
  readonly name: Uint8Array;
  readonly hash: number;
  /** -1: any port, or none. */
  readonly port: number;
}

export function compileHosts(hosts: readonly string[]): HostPattern[] {
  return hosts.map((host) => {
    const colon = host.startsWith('[') ? host.indexOf(':', host.indexOf(']')) : host.lastIndexOf(':');
    const wildcard = host.startsWith('*.');
    const text = host.slice(wildcard ? 1 : 0, colon === -1 ? host.length : colon).toLowerCase();
    const name = Uint8Array.from(text, (char) => char.charCodeAt(0));
    let hash = FNV_BASIS;
    for (const byte of name) hash = Math.imul(hash ^ byte, FNV_PRIME);
    return { wildcard, name, hash, port: colon === -1 ? -1 : Number(host.slice(colon + 1)) };
  });
}

/** A request's host, taken apart once however many routes ask about it. */
export class RequestHost {
  #buf: Uint8Array = new Uint8Array(0);
  #start = 0;
  #end = 0;
  /** Of the host without its port. */
  hash = 0;
  #port = -1;

  /** `buf[start, end)` is host[:port], or empty. */
  read(buf: Uint8Array, start: number, end: number): void {
    let to = end;
    let port = 0;
    let digit = 1;
    // The port is what follows the last colon, unless that stands inside the brackets of an IPv6 address.
    let at = end - 1;
    for (; at >= start && (buf[at] as number) >= 0x30 && (buf[at] as number) <= 0x39; at--) {
      port += ((buf[at] as number) - 0x30) * digit;
      digit *= 10;
    }
    this.#port = -1;
    if (at >= start && buf[at] === COLON) {
      to = at;
      if (at < end - 1) this.#port = port;
    }
    if (to > start && buf[to - 1] === DOT) to--;
    let hash = FNV_BASIS;
    for (let i = start; i < to; i++) hash = Math.imul(hash ^ lower(buf[i] as number), FNV_PRIME);
    this.#buf = buf;
    this.#start = start;
    this.#end = to;
    this.hash = hash;
  }

  isOneOf(patterns: readonly HostPattern[]): boolean {
    for (let i = 0; i < patterns.length; i++) if (this.#is(patterns[i] as HostPattern)) return true;
    return false;
  }

  #is(pattern: HostPattern): boolean {
    const { name } = pattern;
    if (pattern.port !== -1 && pattern.port !== this.#port) return false;
    const from = this.#end - name.length;
    if (pattern.wildcard ? from <= this.#start : pattern.hash !== this.hash || from !== this.#start) return false;
    for (let i = name.length - 1; i >= 0; i--) if (lower(this.#buf[from + i] as number) !== name[i]) return false;
    return true;
  }
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}
