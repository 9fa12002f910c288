/**
 * The strict reading of a chunked body (RFC 9112, section 7.1). Stricter than the RFC: bounds on sizes, extensions and
 * trailers, and no whitespace behind a size but before an extension. Laxer: what an extension says is not looked at, only
 * where it ends.
 */
interface Chunked {
  readonly verdict: 'whole' | 'open' | 'refused';
  payload: string;
  /** Without extensions, and without trailers that may not arrive as trailers. */
  sent: string;
  end: number;
}

const PLAIN = '[\\t\\x20!\\x23-\\x7e]';
const QUOTED = '(?:[\\t\\x20!\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t\\x20-\\x7e\\x80-\\xff])*';
const EXTENSION = `[\\t\\x20]*;(?:${PLAIN}|"${QUOTED}")*`;
const SIZE_LINE = new RegExp(`^([0-9A-Fa-f]{1,32})(${EXTENSION})?$`);
const SIZE_LINE_BEGUN = new RegExp(
  `^([0-9A-Fa-f]{0,32})(?:(?<=.)\\r|(?<=.)([\\t\\x20]+|${EXTENSION}(?:"${QUOTED}\\\\?)?)|(?<=.)(${EXTENSION})\\r)?$`,
);
const NAME = "[!#$%&'*+.^_`|~0-9A-Za-z-]";
const TRAILER = new RegExp(`^(${NAME}{1,256}):[\\t\\x20-\\x7e\\x80-\\xff]*$`);
const TRAILER_BEGUN = new RegExp(`^(?:${NAME}{0,256}|${NAME}{1,256}:[\\t\\x20-\\x7e\\x80-\\xff]*\\r?)$`);

const EXTENSION_LINE_MAX = 4096;
const EXTENSION_EXCESS_MAX = 16384;
const TRAILERS_MAX = 100;
const TRAILER_BYTES_MAX = 8192;

/** RFC 9110, section 6.5.1: what frames, routes, modifies the request, authenticates, controls or describes the content. */
const NOT_IN_TRAILERS = new Set(
  (
    'host connection content-length transfer-encoding keep-alive proxy-connection te trailer upgrade expect via ' +
    'x-forwarded-for x-forwarded-proto x-forwarded-host x-forwarded-port forwarded x-request-id date proxy-authenticate ' +
    'proxy-authorization accept cookie set-cookie authorization http2-settings max-forwards accept-charset ' +
    'accept-encoding accept-language accept-ranges age allow cache-control clear-site-data content-disposition ' +
    'content-encoding content-language content-location content-range content-type expires if-match if-modified-since ' +
    'if-none-match if-range if-unmodified-since last-modified location pragma proxy-authentication-info range ' +
    'retry-after set-cookie2 vary warning www-authenticate content-security-policy strict-transport-security ' +
    'x-forwarded-prefix x-forwarded-server x-real-ip'
  ).split(' '),
);

export function readChunked(text: string, start: number): Chunked {
  const body = { payload: '', sent: '', end: start };
  let extensionBytes = 0;
  for (;;) {
    const lineEnd = text.indexOf('\r\n', body.end);
    const line = lineEnd < 0 ? text.slice(body.end) : text.slice(body.end, lineEnd);
    const found = (lineEnd < 0 ? SIZE_LINE_BEGUN : SIZE_LINE).exec(line);
    if (found === null) return { verdict: 'refused', ...body };
    const digits = found[1] as string;
    const extension = found[2] ?? found[3] ?? '';
    extensionBytes += extension.length;
    if (extension.length > EXTENSION_LINE_MAX) return { verdict: 'refused', ...body };
    if (extensionBytes > EXTENSION_EXCESS_MAX + body.payload.length) return { verdict: 'refused', ...body };
    const length = Number(`0x${digits === '' ? '0' : digits}`);
    if (!Number.isSafeInteger(length)) return { verdict: 'refused', ...body };
    if (lineEnd < 0) return { verdict: 'open', ...body };

    body.sent += `${digits}\r\n`;
    body.end = lineEnd + 2;
    if (length === 0) return readTrailers(text, body);
    const data = text.slice(body.end, body.end + length);
    body.payload += data;
    const after = text.slice(body.end + length, body.end + length + 2);
    if (data.length < length || after === '' || after === '\r') return { verdict: 'open', ...body };
    if (after !== '\r\n') return { verdict: 'refused', ...body };
    body.sent += `${data}\r\n`;
    body.end += length + 2;
  }
}

function readTrailers(text: string, body: { payload: string; sent: string; end: number }): Chunked {
  let bytes = 0;
  for (let count = 0; ; count++) {
    const lineEnd = text.indexOf('\r\n', body.end);
    const line = lineEnd < 0 ? text.slice(body.end) : text.slice(body.end, lineEnd);
    if (lineEnd < 0 && (line === '' || line === '\r')) return { verdict: 'open', ...body };
    if (lineEnd === body.end)
      return { verdict: 'whole', payload: body.payload, sent: `${body.sent}\r\n`, end: lineEnd + 2 };
    bytes += line.length + (lineEnd < 0 ? 0 : 2);
    const found = (lineEnd < 0 ? TRAILER_BEGUN : TRAILER).exec(line);
    if (found === null || count === TRAILERS_MAX || bytes > TRAILER_BYTES_MAX) return { verdict: 'refused', ...body };
    if (lineEnd < 0) return { verdict: 'open', ...body };
    // Backends that make one variable name of both take `_` for `-`.
    const name = (found[1] as string).toLowerCase().replaceAll('_', '-');
    if (!NOT_IN_TRAILERS.has(name)) body.sent += `${line}\r\n`;
    body.end = lineEnd + 2;
  }
}
