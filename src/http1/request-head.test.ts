import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault, faultRow } from '#core/fault.ts';
import { FIELD_STRIDE, FieldId, INCOMPLETE } from './head.ts';
import { bytesOf, textOf } from './latin1.ts';
import { Method, parseRequestHead, RequestHead, TargetForm } from './request-head.ts';

const limits = { headerBytes: 4096, headerCount: 20, targetBytes: 1024 };
const head = new RequestHead(100);
const MARGIN = 3;

/** Parses amid other bytes, so that reading past either end shows; offsets are from the text's first byte. */
function parse(text: string, bounds = limits): number {
  const buf = bytesOf(`\r\n ${text}\r\n\r\n`);
  const result = parseRequestHead(buf, MARGIN, MARGIN + text.length, head, bounds);
  return result > 0 ? result - MARGIN : result;
}
const slice = (text: string, start: number, end: number): string => text.slice(start - MARGIN, end - MARGIN);

function nameOf(result: number): string {
  return result < 0 ? faultRow(-result).name : result === INCOMPLETE ? 'incomplete' : 'accepted';
}
function refuses(fault: number, texts: readonly string[]): void {
  for (const text of texts) assert.equal(nameOf(parse(text)), faultRow(fault).name, JSON.stringify(text));
}
function accepts(texts: readonly string[]): void {
  for (const text of texts) assert.equal(parse(text), text.length, `${nameOf(parse(text))} ${JSON.stringify(text)}`);
}
const get = (fields: string, version = '1.1', host = 'Host: lb.test\r\n'): string =>
  `GET /g HTTP/${version}\r\n${host}${fields}\r\n`;
const target = (text: string, method = 'GET'): string => `${method} ${text} HTTP/1.1\r\nHost: lb.test\r\n\r\n`;

test('every part of a head is found', () => {
  const text =
    'POST /a/b?c=d HTTP/1.1\r\nHost: lb.test:80\r\nX-Empty:\r\nX-Wide: \t a b \t\r\nContent-Length: 5\r\n\r\n';
  assert.equal(parse(`${text}hello`), text.length);
  assert.equal(head.method, Method.post);
  assert.equal(slice(text, head.methodStart, head.methodEnd), 'POST');
  assert.equal(slice(text, head.targetStart, head.targetEnd), '/a/b?c=d');
  assert.equal(slice(text, head.pathStart, head.pathEnd), '/a/b');
  assert.equal(slice(text, head.pathStart, head.pathQueryEnd), '/a/b?c=d');
  assert.equal(slice(text, head.authorityStart, head.authorityEnd), 'lb.test:80');
  assert.equal(head.form, TargetForm.origin);
  assert.equal(head.versionMinor, 1);
  assert.equal(head.contentLength, 5);
  assert.equal(head.start, MARGIN);
  assert.equal(head.end, MARGIN + text.length);
  const { at, count, linesStart, linesEnd, seen } = head.fields;
  const fields = Array.from({ length: count }, (_, i) => {
    const [line, nameEnd, start, end, id] = at.subarray(i * FIELD_STRIDE) as unknown as [
      number,
      number,
      number,
      number,
      number,
    ];
    return [slice(text, line, nameEnd), slice(text, start, end), id];
  });
  assert.deepEqual(fields, [
    ['Host', 'lb.test:80', FieldId.host],
    ['X-Empty', '', FieldId.other],
    ['X-Wide', 'a b', FieldId.other],
    ['Content-Length', '5', FieldId.contentLength],
  ]);
  assert.equal(slice(text, linesStart, linesEnd), text.slice(24, -2));
  assert.equal(seen & ~1, (1 << FieldId.host) | (1 << FieldId.contentLength));
  assert.equal(head.fields.find(FieldId.contentLength), 3);
  assert.equal(head.fields.find(FieldId.expect), -1);
});

test('methods are any token, case-sensitive (RFC 9110 9.1, 5.6.2)', () => {
  const words = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'];
  const numbers = [
    Method.get,
    Method.head,
    Method.post,
    Method.put,
    Method.delete,
    Method.options,
    Method.patch,
    Method.trace,
  ];
  for (const [i, word] of words.entries()) {
    accepts([target('/', word)]);
    assert.equal(head.method, numbers[i], word);
    accepts([target('/', word.toLowerCase()), target('/', `${word}X`), target('/', `X${word.slice(1)}X`)]);
    assert.equal(head.method, Method.other);
  }
  for (const word of ['PROPFIND', "!#$%&'*+-.^_`|~09azAZ", 'G', 'GEX', 'PXT', 'XOST', 'TRACK', 'OPTIONX']) {
    accepts([target('/', word)]);
    assert.equal(head.method, Method.other, word);
  }
  refuses(Fault.badMethod, [
    'GE(T / HTTP/1.1\r\n',
    '\u0000',
    'G\u00e9T / ',
    '"GET" /',
    '@',
    '\u0016\u0003\u0001\u0002',
    'GET: /',
    'G\u007f',
  ]);
});

test('request lines have single spaces and a version (RFC 9112 3)', () => {
  refuses(Fault.badRequestLine, [
    'GET\t/g\tHTTP/1.1\r\n',
    'GET\r\n',
    'GET /g\r\n\r\n',
    'GET /g\n',
    ' GET /g HTTP/1.1\r\n',
    'GET  /g HTTP/1.1\r\n',
    'GET /g  HTTP/1.1\r\n',
    'GET /g\tHTTP/1.1\r\n',
    'GET /g HTTP/1.1 \r\n',
    'GET /g HTTP/1.1x\r\n',
    'GET /g HTTP/1.10\r\n',
    'GET /g HTTP/01.1\r\n',
    'GET /g HTTP/1\r\n',
    'GET /g HTTP/1,1\r\n',
    'GET /g http/1.1\r\n',
    'GET /g HTTPS/1.1\r\n',
    'GET /g x HTTP/1.1\r\n',
    'GET /g X',
    'GET \r\n',
  ]);
  refuses(Fault.badVersion, [
    'GET /g HTTP/2.0',
    'GET /g HTTP/0.9\r\n',
    'GET /g HTTP/1.2\r\n',
    'GET /g HTTP/3.1x',
    'GET /g HTTP/1.9',
  ]);
  refuses(Fault.badLineEnd, ['GET /g HTTP/1.1\nHost: a\n\n', 'GET /g HTTP/1.1\rHost', 'GET /g HTTP/1.1\r\r\n']);
});

test('up to two empty lines before a request line are skipped (RFC 9112 2.2)', () => {
  accepts([`\r\n${get('')}`, `\r\n\r\n${get('')}`]);
  assert.equal(head.start, MARGIN + 4);
  refuses(Fault.badRequestLine, [`\r\n\r\n\r\n${get('')}`]);
  refuses(Fault.badLineEnd, [`\n${get('')}`, `\r${get('')}`, `\r\n\n${get('')}`]);
  for (const text of ['', '\r', '\r\n', '\r\n\r', '\r\n\r\n'])
    assert.equal(parse(text), INCOMPLETE, JSON.stringify(text));
});

test('field names are tokens right before a colon (RFC 9112 5.1)', () => {
  accepts([get("!#$%&'*+-.^_`|~09azAZ: x\r\n"), get('a:b:c\r\n'), get('A:\r\n')]);
  refuses(Fault.badFieldName, [
    get(': value\r\n'),
    get('X-A : b\r\n'),
    get('X-A\t: b\r\n'),
    get('X A: b\r\n'),
    get('X-A\r\n'),
    get('X-A\n: b\r\n'),
    get('X\u0000: b\r\n'),
    get('X\u00e9: b\r\n'),
    get('X\u007f: b\r\n'),
    get('X(A): b\r\n'),
    get('"X": b\r\n'),
    get('\u0000: b\r\n'),
    get('Transfer-Encoding\u000b: chunked\r\n'),
    'GET /g HTTP/1.1\r\nHost : lb.test\r\n\r\n',
  ]);
});

test('folded lines, at the start too, are refused (RFC 9112 2.2, 5.2)', () => {
  refuses(Fault.foldedField, [
    get('X-A: b\r\n c\r\n'),
    get('X-A: b\r\n\tc\r\n'),
    get(' Transfer-Encoding: chunked\r\n', '1.1', ''),
    get(' \r\n'),
  ]);
});

test('values hold no controls; lines end with CR LF alone (RFC 9110 5.5, RFC 9112 2.2)', () => {
  accepts([get('X-A: caf\u00e9 \u0080\u00ff\r\n'), get('X-A: a\tb\r\n'), get('X-A: \u00a0\r\n')]);
  for (let byte = 0; byte < 0x20; byte++) {
    const want = byte === 10 || byte === 13 ? Fault.badLineEnd : Fault.badFieldValue;
    if (byte !== 9)
      refuses(want, [get(`X-A: b${String.fromCharCode(byte)}c\r\n`), get(`X-A:${String.fromCharCode(byte)}c\r\n`)]);
  }
  refuses(Fault.badFieldValue, [get('X-A: b\u007fc\r\n')]);
  refuses(Fault.badLineEnd, [
    get('X-A: b\r\r\n'),
    get('X-A: b\n'),
    get('X-A: b\rX-B: c\r\n'),
    get('X-A: b\n\r\n'),
    get('X-A: b\r\n\r'),
    get('X-A: b\r\n\n'),
  ]);
});

test('exactly one valid Host in HTTP/1.1, at most one in 1.0 (RFC 9112 3.2)', () => {
  accepts([
    get('', '1.0', ''),
    get('', '1.0'),
    get('', '1.1', 'hOsT:\tlb.test:80 \r\n'),
    get('', '1.1', 'Host: [::1]:8080\r\n'),
  ]);
  refuses(Fault.badHost, [
    get('', '1.1', ''),
    get('Host: lb.test\r\n'),
    get('Host: other.test\r\n'),
    get('Host: lb.test\r\n', '1.0'),
    ...['', ' ', 'a b', 'a,b', 'a.test:99999x', 'u@a', 'http://a', 'a/', '[::1', 'a\u00e9', '"a"'].map((host) =>
      get('', '1.1', `Host: ${host}\r\n`),
    ),
    get('', '1.0', 'Host:\r\n'),
    'GET http://lb.test/ HTTP/1.1\r\n\r\n',
    'GET http://lb.test/ HTTP/1.1\r\nHost: a b\r\n\r\n',
  ]);
  accepts(['OPTIONS * HTTP/1.1\r\nHost:\r\n\r\n', 'GET http://lb.test/ HTTP/1.1\r\nHost: \r\n\r\n']);
});

test('Content-Length is one decimal number (RFC 9112 6.2, 6.3)', () => {
  for (const [text, value] of [
    ['0', 0],
    ['5', 5],
    ['0010', 10],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ] as const) {
    accepts([get(`Content-Length: ${text} \r\n`)]);
    assert.equal(head.contentLength, value);
  }
  accepts([get('')]);
  assert.equal(head.contentLength, -1);
  const bad = [
    '',
    '+5',
    '-5',
    '0x5',
    '5.0',
    '5e1',
    '5, 5',
    '5,5',
    '5 5',
    '1_0',
    '\u00b5',
    '\u00b2',
    '"5"',
    '5;',
    'five',
  ];
  const large = ['9007199254740992', '18446744073709551621', '1'.repeat(400)];
  refuses(
    Fault.badContentLength,
    [...bad, ...large].map((value) => get(`Content-Length: ${value}\r\n`)),
  );
  refuses(Fault.badContentLength, [
    get('Content-Length: 5\r\nContent-Length: 5\r\n'),
    get('Content-Length: 5\r\ncontent-length: 6\r\n'),
  ]);
});

test('Transfer-Encoding is chunked, once, in HTTP/1.1, alone (RFC 9112 6.1)', () => {
  for (const value of ['chunked', 'ChUnKeD', '\t chunked \t']) {
    accepts([get(`Transfer-Encoding:${value}\r\n`)]);
    assert.equal(head.chunked, true);
  }
  accepts([get('')]);
  assert.equal(head.chunked, false);
  const lists = ['gzip, chunked', 'chunked, chunked', 'chunked,', ',chunked', 'chunked, identity', 'gzip chunked'];
  const near = [
    '',
    'identity',
    'gzip',
    'xchunked',
    'chunk',
    'chunkedx',
    '"chunked"',
    '\u00a0chunked',
    'chunked;q=1',
    'c\u0068unke\u0044d',
  ];
  refuses(
    Fault.badTransferEncoding,
    [...lists, ...near].map((value) => get(`Transfer-Encoding: ${value}\r\n`)),
  );
  refuses(Fault.badTransferEncoding, [
    get('Transfer-Encoding: chunked\r\n', '1.0'),
    get('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n'),
    get('Transfer-Encoding: cow\r\nTransfer-Encoding: chunked\r\n'),
    get('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n'),
    get('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'),
    get('Content-Length: 0\r\nTransfer-Encoding: chunked\r\n'),
    get('Connection: keep-alive\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n', '1.0'),
  ]);
});

test('names that only look like framing fields are marked, and frame nothing', () => {
  accepts([get('Transfer_Encoding: chunked\r\nContent_Length: 5\r\n')]);
  assert.equal(head.chunked, false);
  assert.equal(head.contentLength, -1);
  assert.notEqual(head.fields.seen & (1 << FieldId.disguised), 0);
});

test('persistence follows version and Connection; close wins (RFC 9112 9.3)', () => {
  const table = [
    ['1.1', '', true],
    ['1.1', 'Connection: close\r\n', false],
    ['1.1', 'Connection: keep-alive, CLOSE\r\n', false],
    ['1.1', 'Connection: keep-alive\r\nConnection: close\r\n', false],
    ['1.0', '', false],
    ['1.0', 'Connection: Keep-Alive\r\n', true],
    ['1.0', 'Connection: keep-alive, close\r\n', false],
    ['1.0', 'Proxy-Connection: keep-alive\r\n', false],
  ] as const;
  for (const [version, fields, want] of table) {
    accepts([get(fields, version)]);
    assert.equal(head.keepAlive, want, version + fields);
    assert.equal(head.connectionTokens, false);
  }
  accepts([get('Connection: close, X-A\r\n')]);
  assert.equal(head.connectionTokens, true);
});

test('a Connection list of thousands of names is refused, and told as such', () => {
  refuses(Fault.badConnection, [
    get(`Connection: ${'x, '.repeat(17)}\r\n`),
    get(`Connection: ${'x,'.repeat(9)}\r\nX: y\r\nConnection: ${'x,'.repeat(8)}\r\n`),
    // Before the head is whole, and whatever else is wrong behind it.
    `GET / HTTP/1.1\r\nHost: a\r\nConnection: ${'x,'.repeat(1000)}\r\n`,
    get(`Connection: ${'x,'.repeat(17)}\r\nHost: b\r\n`),
  ]);
  accepts([get(`Connection: ${'x, '.repeat(16)}\r\n`), get(`Connection: ${'close, '.repeat(500)}\r\n`)]);
  accepts([get('Connection: x\r\n'), get('')]);
  assert.equal(head.fields.nominatedCount, 0, 'nothing is left of the head before');
});

test('Upgrade and Expect count in HTTP/1.1 only (RFC 9110 7.8, 10.1.1)', () => {
  const table = [
    ['1.1', 'Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n', true, false],
    ['1.1', 'Upgrade: websocket\r\n', false, false],
    ['1.1', 'Connection: Upgrade\r\n', false, false],
    ['1.1', 'Connection: Upgrade\r\nUpgrade:\r\n', false, false],
    ['1.1', 'Connection: Upgrade\r\nUpgrade: ,\r\n', false, false],
    ['1.0', 'Connection: Upgrade\r\nUpgrade: websocket\r\nExpect: 100-continue\r\n', false, false],
    ['1.1', 'Expect: 100-Continue\r\n', false, true],
    ['1.1', 'Expect: something\r\n', false, false],
    ['1.1', '', false, false],
  ] as const;
  for (const [version, fields, upgrade, expect] of table) {
    accepts([get(fields, version)]);
    assert.deepEqual([head.upgrade, head.expectContinue], [upgrade, expect], version + fields);
  }
});

test('limits hold to the byte, also while the head is not whole', () => {
  const text = get('X-A: b\r\n');
  const fields = 'X: y\r\n'.repeat(3);
  const at = (headerBytes: number, headerCount = 20, targetBytes = 1024) => ({ headerBytes, headerCount, targetBytes });
  assert.equal(parse(text, at(text.length)), text.length);
  assert.equal(parse(text, at(text.length - 1)), -Fault.headTooLarge);
  assert.equal(parse(text.slice(0, -1), at(text.length)), INCOMPLETE);
  assert.equal(parse(text.slice(0, -1), at(text.length - 1)), -Fault.headTooLarge);
  assert.equal(parse(`\r\n${text}`, at(text.length)), text.length + 2, 'empty lines before are not part of the head');
  assert.equal(parse(get(fields), at(4096, 4)), get(fields).length);
  assert.equal(parse(get(fields), at(4096, 3)), -Fault.headTooLarge);
  assert.equal(parse(get(fields).slice(0, -7), at(4096, 3)), -Fault.headTooLarge);
  const small = new RequestHead(3);
  const buf = bytesOf(get(fields));
  assert.equal(
    parseRequestHead(buf, 0, buf.length, small, limits),
    -Fault.headTooLarge,
    'no more than the table holds',
  );
  assert.equal(parse(target('/123'), at(4096, 20, 4)), target('/123').length);
  assert.equal(parse(target('/1234'), at(4096, 20, 4)), -Fault.targetTooLong);
  assert.equal(parse(target('/?34'), at(4096, 20, 4)), target('/?34').length);
  assert.equal(parse(target('/?345'), at(4096, 20, 4)), -Fault.targetTooLong);
  assert.equal(parse('GET /123', at(4096, 20, 4)), INCOMPLETE);
  assert.equal(parse('GET /1234', at(4096, 20, 4)), -Fault.targetTooLong);
  assert.equal(parse(target('http://lb.test/'), at(4096, 20, 14)), -Fault.targetTooLong);
  assert.equal(parse('A'.repeat(99), at(99)), -Fault.headTooLarge);
});

test('of several faults the leftmost is told', () => {
  const text = get('Content-Length: x\r\nX-A: \u0000\r\n');
  assert.equal(parse(text), -Fault.badContentLength);
  assert.equal(parse(text.slice(0, text.indexOf('X-A'))), -Fault.badContentLength);
  assert.equal(parse(get('X-A: \u0000\r\nContent-Length: x\r\n')), -Fault.badFieldValue);
});

test('a buffer that holds several heads yields them one by one', () => {
  const one = get('');
  const buf = bytesOf(`${one}POST /two HTTP/1.1\r\nHost: a\r\n\r\n`);
  const next = parseRequestHead(buf, 0, buf.length, head, limits);
  assert.equal(next, one.length);
  assert.equal(parseRequestHead(buf, next, buf.length, head, limits), buf.length);
  assert.equal(textOf(buf, head.pathStart, head.pathEnd), '/two');
});
