/**
 * Byte classes as 256-entry tables: one load per byte decides whether a scan goes on. Each table holds 1 for members and 0
 * for the rest, except `HEX_VALUE`.
 */
export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const COMMA = 0x2c;
export const COLON = 0x3a;

const ALPHA = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
const VCHAR: string = String.fromCharCode(...Array.from({ length: 0x7f - 0x21 }, (_, i) => 0x21 + i));
const OBS_TEXT: string = String.fromCharCode(...Array.from({ length: 0x80 }, (_, i) => 0x80 + i));

function members(bytes: string, except = ''): Uint8Array {
  const table = new Uint8Array(256);
  for (const char of bytes) if (!except.includes(char)) table[char.charCodeAt(0)] = 1;
  return table;
}

/** tchar (RFC 9110, section 5.6.2): methods, field names, list tokens. */
export const TOKEN: Uint8Array = members(ALPHA + DIGITS + "!#$%&'*+-.^_`|~");

/** What a field value or a reason phrase may hold (RFC 9110, section 5.5): HTAB, SP, VCHAR, obs-text. */
export const VALUE: Uint8Array = members('\t ' + VCHAR + OBS_TEXT);

/**
 * Path bytes that need no second look. RFC 3986 forbids `"<>^{|}` and the backtick too, but clients send them, every peer passes
 * them on, and they read one way only. Not members: `?` (ends the path), `%` (needs two digits), `#` (fragments are never
 * sent) and `\`, which URL parsers of the WHATWG kind take for `/`.
 */
export const PATH: Uint8Array = members(VCHAR, '?%#\\');

/** Query bytes: opaque, so a stray `%` or `\` cannot change what the target names. */
export const QUERY: Uint8Array = members(VCHAR, '#');

/**
 * reg-name (RFC 3986, section 3.2.2), less two: the comma, which is how a folded second Host looks, and percent-escapes, which
 * some parsers decode before they compare and others do not.
 */
export const REG_NAME: Uint8Array = members(ALPHA + DIGITS + "-._~!$&'()*+;=");

/** Value of a hexadecimal digit, or 255. */
export const HEX_VALUE: Uint8Array = new Uint8Array(256).fill(255);
for (let i = 0; i < 16; i++) {
  HEX_VALUE[i.toString(16).charCodeAt(0)] = i;
  HEX_VALUE[i.toString(16).toUpperCase().charCodeAt(0)] = i;
}
