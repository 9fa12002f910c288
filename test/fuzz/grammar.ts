/** Messages as they should be, and pieces as attackers send them, put together by chance. Text is latin1. */
import type { Chance } from './chance.ts';

const METHODS = 'GET GET GET GET POST POST HEAD PUT DELETE OPTIONS PATCH TRACE PROPFIND QUERY M-SEARCH LINK'.split(' ');
const ODD_METHODS = ['CONNECT', 'get', 'GETX', 'PRI', 'SOURCE', 'FLUSH', 'DESCRIBE', '~', "!#$%&'*+-.^_`|", 'G T', ''];
const TARGETS = (
  '/ / / /a /a/b?c=d /%41%2f /?q=% /..;/x //a /{}|"<> /a:b@c /~a/b,c http://a.test/ HTTPS://a.test:8080/x?y ' +
  'http://[::1]:80 http://a?b http://10.0.0.1/ hTTp://[1::2.3.4.5]'
).split(' ');
const ODD_TARGETS = [
  ...'* a.test:443 a.test [::1]:1 a:0 /#f /a\\b /%0 /%00 /%zz http:// http://u@a/ http:/a ftp://a/ a ?a *a'.split(' '),
  ...['/\u0080', '/a b', '', '/\u0000', '/?a#b', '/?\\', 'http://a:99999/', 'http://[::1/', '/%\r\n'],
];
const HOSTS = ['a', 'lb.test', 'lb.test:80', '[::1]:8080', '10.0.0.1', 'a_b.test:', "!$&'()*+;=~"];
const ODD_HOSTS = [
  '',
  'a b',
  'a,b',
  'u@a',
  'a/',
  '[::1',
  '[1:2:3:4:5:6:7:8:9]',
  '[::1.2.3.256]',
  'a:65536',
  'a%41',
  '\u00e9',
];
const NAMES = (
  'Accept User-Agent X-A x Cookie Via TE Trailer Upgrade Keep-Alive X-Forwarded-For X_Forwarded_For Forwarded Date ' +
  'X-Request-Id traceparent Set-Cookie Authorization Proxy-Connection Max-Forwards Content-Type Content_Length ' +
  'Transfer_Encoding http2-settings Tracestate Expires'
).split(' ');
const VALUES = [
  '',
  'b',
  'a, b',
  'text/plain',
  'caf\u00e9',
  '"q\\"',
  'a\tb',
  '1',
  'trailers',
  'websocket',
  '\u0080\u00ff',
  ':',
  'x y',
];
const ODD_VALUES = ['\u0000', 'a\rb', 'a\nb', '\u007f', '\u000b', 'b\r\n c', '\r\r\n', 'a\r\nX: y', '\u001f', '\n'];
const SPACES = ['', ' ', ' ', ' ', ' ', '\t', '  ', ' \t '];
const CONTROLS = [
  'Connection: close',
  'Connection: keep-alive',
  'connection: Keep-Alive, CLOSE',
  'Connection: upgrade\r\nUpgrade: websocket',
  'Connection: X-A, upgrade ,, te',
  'Connection: , close\t,',
  'Connection: closed',
  'Proxy-Connection: close',
  'Connection: "close"',
  'Expect: 100-continue',
  'Expect: x, 100-CONTINUE',
  'Upgrade: h2c',
];

/** Framing fields that are wrong, conflicting, disguised or merely odd: CL.TE, TE.CL, TE.TE, CL.CL, 0.CL and the like. */
const ODD_FRAMINGS = [
  'Content-Length: 5\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding: chunked\r\nContent-Length: 5',
  'Content-Length: 0\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
  'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding: chunked;q=1',
  'Transfer-Encoding: "chunked"',
  'Transfer-Encoding: chunked\t',
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding: chunked,',
  'Transfer-Encoding:\u000bchunked',
  'Transfer-Encoding: \u00a0chunked',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding:\r\n chunked',
  ' Transfer-Encoding: chunked',
  'X: y\nTransfer-Encoding: chunked',
  'X: y\rTransfer-Encoding: chunked',
  'Transfer\u0000-Encoding: chunked',
  'Transfer_Encoding: chunked\r\nContent-Length: 5',
  'Content-Length: 5\r\nContent-Length: 5',
  'Content-Length: 5\r\nContent-Length: 6',
  'Content-Length: 5, 5',
  'Content-Length: +5',
  'Content-Length: -0',
  'Content-Length: 0x5',
  'Content-Length: 5 5',
  'Content-Length: \t 0005\t ',
  'Content-Length : 5',
  'Content-Length:',
  'Content_Length: 5',
  'Content-Length: 9007199254740991',
  'Content-Length: 9007199254740992',
  'Content-Length: 18446744073709551621',
  'Content-Length: 4294967296',
  'Content-Length: 5\u0000',
];
const SIZES = [
  'ffffffffffffffff',
  '10000000000000000',
  '1fffffffffffff',
  '20000000000000',
  '-1',
  '+1',
  '0x1',
  '',
  ' 1',
  '1 ',
];
const EXTENSIONS = [';a', ';a=b', ' ; a = b', ';a="b;c"', ';a="\\"";c', ';', ';;', '\t;x', ';a="\u0080"', ';a=b c'];
const ODD_EXTENSIONS = [
  ';a="\\"\r\n"',
  ' ',
  '\t',
  ';a="',
  ';\u0080',
  ';a\rb',
  ';a\nb',
  ';"',
  ';a=\u0000',
  ';a="\\\u0000"',
];
const TRAILERS = [
  ...['X-Sum: abc', 'a:', 'Content-Length: 5', 'Host: x', 'Transfer-Encoding: chunked', 'transfer_encoding: x'],
  ...[
    'Digest: \t b ',
    'content-type: text/plain',
    'Set-Cookie: a',
    'X-Real-IP: b',
    'x: caf\u00e9',
    'bad',
    'a b: c',
    ' x: y',
  ],
];
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';

export function requestLine(chance: Chance): string {
  const method = chance.oneIn(24) ? chance.pick(ODD_METHODS) : chance.pick(METHODS);
  const target = chance.oneIn(20) ? chance.pick(ODD_TARGETS) : chance.pick(TARGETS);
  if (method === 'CONNECT' && !chance.oneIn(3)) return `CONNECT ${chance.pick(HOSTS)}:443 ${version(chance)}`;
  return `${method} ${target} ${version(chance)}`;
}

export function statusLine(chance: Chance): string {
  const odd = chance.oneIn(20);
  const status = odd
    ? chance.pick(['099', '600', '999', '20', '2000', '199', '', ' 200'])
    : chance.pick(['200', '200', '200', '100', '103', '101', '204', '304', '404', '599', '150']);
  return `${version(chance)} ${status}${chance.pick(['', ' ', ' OK', ' Not Found', ' caf\u00e9', '  a\tb', ' OK'])}`;
}

function version(chance: Chance): string {
  if (chance.oneIn(40))
    return chance.pick(['HTTP/2.0', 'HTTP/1.2', 'HTTP/0.9', 'http/1.1', 'HTTP/1.10', 'HTTP/1', 'X']);
  return chance.oneIn(6) ? 'HTTP/1.0' : 'HTTP/1.1';
}

export function hostLine(chance: Chance): string {
  if (chance.oneIn(40)) return '';
  const host = chance.oneIn(24) ? chance.pick(ODD_HOSTS) : chance.pick(HOSTS);
  return `${chance.oneIn(4) ? 'hOsT' : 'Host'}:${chance.pick(SPACES)}${host}\r\n`;
}

/** Some field lines that do not frame. */
export function fieldLines(chance: Chance): string {
  let lines = '';
  for (let count = chance.below(4); count > 0; count--) {
    if (chance.oneIn(4)) lines += `${chance.pick(CONTROLS)}\r\n`;
    else
      lines += `${chance.pick(NAMES)}:${chance.pick(SPACES)}${value(chance)}${chance.oneIn(6) ? chance.pick(SPACES) : ''}\r\n`;
  }
  return lines;
}

function value(chance: Chance): string {
  return chance.oneIn(40) ? chance.pick(ODD_VALUES) : chance.pick(VALUES);
}

/** Framing fields and the body that fits them, or does not. */
export function framedBody(chance: Chance): { framing: string; body: string } {
  const shape = chance.below(20);
  if (shape < 8) return { framing: '', body: '' };
  if (shape < 13) {
    const body = data(chance);
    const zeros = chance.oneIn(12) ? '000' : '';
    return { framing: `Content-Length: ${zeros}${body.length}${chance.oneIn(12) ? '\t' : ''}\r\n`, body };
  }
  if (shape < 18)
    return { framing: `Transfer-Encoding: ${chance.oneIn(4) ? 'ChUnKeD' : 'chunked'}\r\n`, body: chunkedBody(chance) };
  const body = chance.pick([`0\r\n\r\n${SMUGGLED}`, SMUGGLED, 'hello', '5\r\nhello\r\n0\r\n\r\n', '']);
  return { framing: `${chance.pick(ODD_FRAMINGS)}\r\n`, body };
}

export function chunkedBody(chance: Chance): string {
  let body = '';
  for (let count = chance.below(4); count > 0; count--) {
    const text = data(chance);
    if (text !== '') body += `${size(chance, text.length)}${extension(chance)}\r\n${text}\r\n`;
  }
  body += `${chance.oneIn(8) ? '000' : '0'}${extension(chance)}\r\n`;
  for (let count = chance.oneIn(3) ? 1 + chance.below(3) : 0; count > 0; count--)
    body += `${chance.pick(TRAILERS)}\r\n`;
  return `${body}\r\n`;
}

function size(chance: Chance, length: number): string {
  if (chance.oneIn(50)) return chance.pick(SIZES);
  if (chance.oneIn(50)) return length.toString(10);
  const zeros = chance.oneIn(8) ? '0'.repeat(1 + chance.below(32)) : '';
  return zeros + (chance.oneIn(2) ? length.toString(16) : length.toString(16).toUpperCase());
}

function extension(chance: Chance): string {
  if (!chance.oneIn(5)) return '';
  return chance.pick(chance.oneIn(3) ? ODD_EXTENSIONS : EXTENSIONS);
}

function data(chance: Chance): string {
  if (chance.oneIn(8)) return chance.pick([SMUGGLED, '\r\n', '0\r\n\r\n', '\n', '\u0000\u00ff']);
  return 'abcdefghijklmnopqrstuvwxyz0123456789'.slice(chance.below(20), 20 + chance.below(16));
}
