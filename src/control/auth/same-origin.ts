/**
 * Whether a change was asked for by this server's own pages, or by no page at all. A browser says with each change where the
 * page comes from that asks for it (Origin, RFC 6454; Sec-Fetch-Site). Whoever sends a cookie is a browser, and must say it;
 * a script with a token need not.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Arrival } from './caller.ts';

/** Why the change is refused, as a sentence; null: it is not. */
export function foreignOrigin(headers: IncomingHttpHeaders, arrival: Arrival, withCookie: boolean): string | null {
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    return `A page of another site asked for this (Sec-Fetch-Site: ${site === 'same-site' ? 'same-site' : 'cross-site'}).`;
  }
  if (origin !== undefined) {
    if (arrival.hosts.some((host) => isOriginOf(origin, host, arrival.secure))) return null;
    return 'A page of another site asked for this: Origin is not this server. Open the page under the address that it is served from.';
  }
  if (!withCookie || site === 'same-origin') return null;
  return 'A change with a cookie needs Origin, or Sec-Fetch-Site: same-origin. From a script, use Authorization: Bearer.';
}

function isOriginOf(origin: string, host: string, secure: boolean): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, host: from } = new URL(origin);
  if (protocol !== 'http:' && protocol !== 'https:') return false;
  // Without TLS seen here, a proxy in front may still have ended it: either scheme can be this server's.
  if (secure && protocol !== 'https:') return false;
  const here = `${protocol}//${host}`;
  return URL.canParse(here) && new URL(here).host === from;
}
