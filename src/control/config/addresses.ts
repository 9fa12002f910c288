/** How addresses, URLs of backends, networks and sets of statuses are written. */
import { isIP, isIPv4, isIPv6 } from 'node:net';
import type { SocketAddress } from '#core/plan.ts';
import { shorten, type Reading } from './quantities.ts';

const LISTEN_HELP = 'write `0.0.0.0:8080`, `[::]:8080`, `:8080` or `unix:/path`';
/** Labels of letters, digits, hyphens and (seen in container networks) underscores. */
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/i;
/** The kernel's `sun_path` holds 108 bytes, its closing zero included. */
const UNIX_PATH_BYTES_MAX = 107;

/** Where to listen. A port alone listens on every IPv4 address; port 0 lets the system choose. */
export function readListenAddress(raw: string | number): Reading<SocketAddress> {
  const text = String(raw);
  if (text.startsWith('unix:')) return readUnixPath(text.slice('unix:'.length));
  const match = isIPv6(text) ? null : /^(?:(.*):)?(\d+)$/.exec(text);
  if (match === null) {
    const hint = isIPv6(text) ? `write an IPv6 address in brackets: \`[${text}]:8080\`` : LISTEN_HELP;
    return { problem: `\`${shorten(text)}\` is not an address with a port; ${hint}` };
  }
  const host = readHost(match[1] === undefined || match[1] === '' ? '0.0.0.0' : match[1]);
  if (host === null) return { problem: `\`${shorten(match[1])}\` is not a host; ${LISTEN_HELP}` };
  const port = readPort(match[2], 0);
  if (port === null) return { problem: `port ${match[2]} does not exist; 65535 is the highest` };
  return { value: { kind: 'tcp', host, port } };
}

export interface BackendUrl {
  /** The URL as it is shown and compared: scheme and authority, or `unix:` and a path. */
  readonly url: string;
  /** `host:port`, or the socket's path. */
  readonly authority: string;
  readonly address: SocketAddress;
  /** `https`. */
  readonly secure: boolean;
}

const URL_HELP = 'write `http://host:port`, `https://host`, `http://[::1]:3000` or `unix:/run/app.sock`';

export function readBackendUrl(text: string): Reading<BackendUrl> {
  for (const prefix of ['unix:', 'http+unix://']) {
    if (!text.startsWith(prefix)) continue;
    const path = readUnixPath(text.slice(prefix.length));
    if ('problem' in path) return path;
    const { value } = path;
    return { value: { url: `unix:${value.path}`, authority: value.path, address: value, secure: false } };
  }
  // Not repeated: an error may be read by others than the password.
  if (text.includes('@')) return { problem: 'the URL of a backend may not hold a user or password' };
  const match = /^http(s?):\/\/([^/?#@]*)([/?#].*)?$/i.exec(text);
  if (match === null) return { problem: `\`${shorten(text)}\` is not the URL of a backend; ${urlHint(text)}` };
  if (match[3] !== undefined && match[3] !== '/') {
    return {
      problem: `\`${shorten(text)}\`: a backend's URL has no path or query; the request's own path is forwarded (see \`stripPrefix\`)`,
    };
  }
  const secure = match[1] !== '';
  const authority = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d*))?$/.exec(match[2]);
  const host = authority === null ? null : readHost(authority[1]);
  if (authority === null || host === null)
    return { problem: `\`${shorten(match[2])}\` is not a host with a port; ${URL_HELP}` };
  const port = readPort(authority[2] || (secure ? '443' : '80'), 1);
  if (port === null) return { problem: `port ${authority[2]} does not exist; write 1 to 65535` };
  const named = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const url = `${secure ? 'https' : 'http'}://${named}`;
  return { value: { url, authority: named, address: { kind: 'tcp', host, port }, secure } };
}

function urlHint(text: string): string {
  if (/^[\w.[\]:-]+:\d+$/.test(text) || HOST_NAME.test(text)) return `did you mean \`http://${text}\`?`;
  return URL_HELP;
}

/** The host without brackets, in lower case; null when it is none. */
function readHost(text: string): string | null {
  if (text.startsWith('['))
    return text.endsWith(']') && isIPv6(text.slice(1, -1)) ? text.slice(1, -1).toLowerCase() : null;
  if (isIPv4(text)) return text;
  // What looks like a broken IPv4 address is not taken for a name.
  return HOST_NAME.test(text) && !/^[\d.]+$/.test(text) ? text.toLowerCase() : null;
}

function readPort(text: string, least: number): number | null {
  const port = Number(text);
  return text.length <= 5 && port >= least && port <= 65535 ? port : null;
}

function readUnixPath(path: string): Reading<{ readonly kind: 'unix'; readonly path: string }> {
  if (path === '' || path.includes('\0'))
    return { problem: 'the path of the unix socket is missing; write `unix:/run/app.sock`' };
  if (Buffer.byteLength(path) > UNIX_PATH_BYTES_MAX) {
    return {
      problem: `the path of a unix socket holds at most ${UNIX_PATH_BYTES_MAX} bytes, this one has ${Buffer.byteLength(path)}`,
    };
  }
  return { value: { kind: 'unix', path } };
}

/** `10.0.0.0/8`, `fd00::/8`, or one address. */
export function readCidr(text: string): Reading<string> {
  const [network, bits, ...rest] = text.split('/');
  const family = isIP(network);
  const widest = family === 6 ? 128 : 32;
  if (family === 0 || rest.length > 0 || (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= widest))) {
    return { problem: `\`${shorten(text)}\` is not a network; write \`10.0.0.0/8\`, \`fd00::/8\` or one address` };
  }
  return { value: `${network}/${bits ?? widest}` };
}

/** `200-399`, `200,204,300-399` or one status: inclusive ranges. */
export function readStatusSet(raw: string | number): Reading<(readonly [number, number])[]> {
  const ranges: (readonly [number, number])[] = [];
  for (const part of String(raw).split(',')) {
    const match = /^\s*(\d{3})(?:\s*-\s*(\d{3}))?\s*$/.exec(part);
    const from = Number(match?.[1]);
    const to = Number(match?.[2] ?? match?.[1]);
    if (match === null || from < 100 || to > 599 || from > to) {
      return {
        problem: `\`${shorten(part.trim())}\` is not a status or range from 100 to 599; write \`200-399\` or \`200,204,300-399\``,
      };
    }
    ranges.push([from, to]);
  }
  return { value: ranges };
}
