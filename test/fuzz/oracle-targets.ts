/**
 * The strict reading of request targets (RFC 9112, section 3.2) and of host[:port] (RFC 3986, section 3.2). Stricter: no
 * userinfo, escapes or commas in a host; in a path no malformed escape, no `%00`, no backslash. Laxer: other visible ASCII.
 */
import { isIPv6 } from 'node:net';

export interface Target {
  readonly form: 'origin' | 'absolute' | 'authority' | 'asterisk';
  readonly path: string;
  /** With its question mark. For the forms without path: the target, which is then what stands behind the (empty) path. */
  readonly query: string;
  /** Of an absolute or authority target. */
  readonly authority: string;
}

const AUTHORITY = /^(?:[A-Za-z0-9._~!$&'()*+;=-]+|\[([0-9A-Fa-f:.]+)\])(?::([0-9]*))?$/;
const PATH = '(?:[!-\\x22$&-\\x3e@-\\x5b\\x5d-\\x7e]|%(?!00)[0-9A-Fa-f]{2})*';
const QUERY = '\\?[!-\\x22$-\\x7e]*';
const ORIGIN = new RegExp(`^(/${PATH})(${QUERY})?$`);
const ABSOLUTE = new RegExp(`^https?://([!-\\x22$-.0-\\x3e@-\\x7e]*)(|/${PATH})(${QUERY})?$`, 'i');
/** An authority is judged when the target is whole, an escape as far as it is there. */
const ESCAPE_BEGUN = '(?:%[0-9A-Fa-f]?)?';
const ORIGIN_BEGUN = new RegExp(`^/${PATH}(?:${ESCAPE_BEGUN}|${QUERY})$`);
const ABSOLUTE_BEGUN = new RegExp(
  `^https?://[!-\\x22$-.0-\\x3e@-\\x7e]*(?:|/${PATH}${ESCAPE_BEGUN}|(?:|/${PATH})${QUERY})$`,
  'i',
);

export function isAuthority(text: string): boolean {
  const found = AUTHORITY.exec(text);
  if (found === null) return false;
  const [, address, port] = found;
  return (address === undefined || isIPv6(address)) && Number(port ?? 0) <= 65535;
}

export function targetOf(method: string, text: string): Target | null {
  if (method === 'CONNECT') {
    const port = /:([0-9]+)$/.exec(text)?.[1] ?? '0';
    return isAuthority(text) && Number(port) > 0 ? { form: 'authority', path: '', query: text, authority: text } : null;
  }
  if (text === '*') return method === 'OPTIONS' ? { form: 'asterisk', path: '', query: text, authority: '' } : null;
  const origin = ORIGIN.exec(text);
  if (origin !== null) return { form: 'origin', path: origin[1] as string, query: origin[2] ?? '', authority: '' };
  const absolute = ABSOLUTE.exec(text);
  if (absolute === null) return null;
  const [, authority, path, query = ''] = absolute as unknown as [string, string, string, string | undefined];
  return isAuthority(authority) ? { form: 'absolute', path, query, authority } : null;
}

/** The target's own authority wins over Host (RFC 9112, section 3.2.2). */
export function authorityOf(target: Target, host: string | undefined): string {
  return target.authority === '' ? (host ?? '') : target.authority;
}

/** Whether more bytes may make this a target. */
export function isTargetBegun(method: string, text: string): boolean {
  if (method === 'CONNECT') return /^[!-\x22$-.0-\x3e@-\x7e]*$/.test(text);
  if (text === '*') return method === 'OPTIONS';
  const scheme = text.toLowerCase();
  if ('http://'.startsWith(scheme) || 'https://'.startsWith(scheme)) return true;
  return ORIGIN_BEGUN.test(text) || ABSOLUTE_BEGUN.test(text);
}
