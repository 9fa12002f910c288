import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '#core/fault.ts';
import { INCOMPLETE } from './head.ts';
import { bytesOf } from './latin1.ts';
import { parseResponseHead, ResponseHead } from './response-head.ts';

const limits = { headerBytes: 4096, headerCount: 20, targetBytes: 1024 };
const head = new ResponseHead(20);
const MARGIN = 3;

/** Parses amid other bytes, so that reading past either end shows; offsets are from the text's first byte. */
function parse(text: string, bounds = limits): number {
  const buf = bytesOf(`\r\n ${text}\r\n\r\n`);
  const result = parseResponseHead(buf, MARGIN, MARGIN + text.length, head, bounds);
  return result > 0 ? result - MARGIN : result;
}
function accepts(texts: readonly string[]): void {
  for (const text of texts) assert.equal(parse(text), text.length, JSON.stringify(text));
}
function refuses(texts: readonly string[]): void {
  for (const text of texts) assert.equal(parse(text), -Fault.upstreamInvalid, JSON.stringify(text));
}
const ok = (fields: string, line = 'HTTP/1.1 200 OK'): string => `${line}\r\n${fields}\r\n`;

test('every part of a head is found', () => {
  const text = ok('Content-Length: 5\r\nX-A: b\r\n', 'HTTP/1.1 404 Not \u00e4 Found');
  assert.equal(parse(`${text}hello`), text.length);
  assert.deepEqual([head.status, head.versionMinor, head.contentLength, head.chunked], [404, 1, 5, false]);
  assert.equal(head.statusStart - MARGIN, 9);
  assert.equal(text.slice(head.reasonStart - MARGIN, head.reasonEnd - MARGIN), 'Not \u00e4 Found');
  assert.equal(head.end - MARGIN, text.length);
  assert.equal(head.fields.count, 2);
});

test('status lines: 1.0 and 1.1, 100 to 599, the reason and its space may be missing (RFC 9112 4)', () => {
  accepts([ok('', 'HTTP/1.0 200 OK'), ok('', 'HTTP/1.1 100 '), ok('', 'HTTP/1.1 599'), ok('', 'HTTP/1.1 200  a\tb')]);
  accepts([ok('', 'HTTP/1.1 200')]);
  assert.equal(head.reasonStart, head.reasonEnd);
  const lines = [
    '200 OK',
    'HTTP/1.1 abc OK',
    'HTTP/1.1 20 OK',
    'HTTP/1.1 2000 OK',
    'HTTP/1.1  200 OK',
    'HTTP/1.1\t200 OK',
    'HTTP/1.1 200\tOK',
  ];
  const versions = [
    'http/1.1 200 OK',
    'HTTP/2.0 200 OK',
    'HTTP/1.2 200 OK',
    'HTTP/0.9 200 OK',
    'HTTP/1.10 200 OK',
    'ICY 200 OK',
    'HTTP 200 OK',
  ];
  const statuses = ['099', '000', '600', '999', '+20', '-20', '2 0', '0x1'].map((status) => `HTTP/1.1 ${status} OK`);
  const reasons = [
    'HTTP/1.1 200 O\u0000K',
    'HTTP/1.1 200 O\u007fK',
    'HTTP/1.1 200 O\rK',
    'HTTP/1.1 200 O\nK',
    'HTTP/1.1 200\n',
    'HTTP/1.1 200\rx',
  ];
  refuses([...lines, ...versions, ...statuses, ...reasons].map((line) => ok('', line)));
  refuses(['<html>hi</html>', `\r\n${ok('')}`, `\n${ok('')}`, ` ${ok('')}`, '\u0000']);
});

test('what may yet become a status line is waited for (a prefix of any length)', () => {
  const text = ok('X-A: b\r\n');
  for (let length = 0; length < text.length; length++) assert.equal(parse(text.slice(0, length)), INCOMPLETE);
  refuses(['HTTP/1.1 0', 'HTTP/1.1 6'].map((line) => `${line}99 `));
  refuses(['HTTQ', 'HTTP/1.2', 'HTTP/1.1x', 'HTTP/1.1 x', 'HTTP/1.1 2x']);
});

test('field lines are as strict as in requests (RFC 9112 5)', () => {
  accepts([ok('X-A:\r\n'), ok('X-A: caf\u00e9\r\n')]);
  refuses([
    ok('Transfer-Encoding : chunked\r\nContent-Length: 5\r\n'),
    ok(': b\r\n'),
    ok('X A: b\r\n'),
    ok('X-A: b\u0000c\r\n'),
    ok('X-A: b\u007f\r\n'),
    ok('X-A: b\rSet-Cookie: evil=1\r\n'),
    ok('X-A: b\nSet-Cookie: evil=1\r\n'),
    ok('X-A: b\r\n c\r\n'),
    ok(' X-A: b\r\n'),
    ok('no colon\r\n'),
  ]);
});

test('framing fields are exact, and one of them at most (RFC 9112 6.1, 6.3)', () => {
  accepts([ok('Content-Length: 0\r\n'), ok('Transfer-Encoding: Chunked\r\n')]);
  assert.equal(head.chunked, true);
  refuses(
    ['0x5', '', '-1', '5, 5', '9007199254740992', '5 '.repeat(2)].map((value) => ok(`Content-Length: ${value}\r\n`)),
  );
  refuses(
    ['', 'identity', 'gzip', 'gzip, chunked', 'chunked, chunked', 'chunked,'].map((value) =>
      ok(`Transfer-Encoding: ${value}\r\n`),
    ),
  );
  refuses([
    ok('Content-Length: 5\r\nContent-Length: 5\r\n'),
    ok('Content-Length: 5\r\nContent-Length: 6\r\n'),
    ok('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'),
    ok('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n'),
    ok('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n'),
    ok('Transfer-Encoding: chunked\r\n', 'HTTP/1.0 200 OK'),
  ]);
});

test('persistence, upgrade and named fields (RFC 9112 9.3, RFC 9110 7.6.1, 7.8)', () => {
  const table = [
    ['HTTP/1.1 200 OK', '', true, false, false],
    ['HTTP/1.1 200 OK', 'Connection: keep-alive, close\r\n', false, false, false],
    ['HTTP/1.0 200 OK', '', false, false, false],
    ['HTTP/1.0 200 OK', 'Connection: keep-alive\r\n', true, false, false],
    ['HTTP/1.1 200 OK', 'Connection: X-Internal\r\nX-Internal: s\r\n', true, false, true],
    ['HTTP/1.1 101 S', 'Connection: Upgrade\r\nUpgrade: websocket\r\n', true, true, false],
    ['HTTP/1.1 200 OK', 'Connection: Upgrade\r\nUpgrade: websocket\r\n', true, false, false],
    ['HTTP/1.1 101 S', 'Upgrade: websocket\r\n', true, false, false],
    ['HTTP/1.1 101 S', 'Connection: Upgrade\r\n', true, false, false],
    ['HTTP/1.1 101 S', 'Connection: Upgrade\r\nUpgrade: \r\n', true, false, false],
    ['HTTP/1.0 101 S', 'Connection: Upgrade\r\nUpgrade: websocket\r\n', false, false, false],
  ] as const;
  for (const [line, fields, keepAlive, upgrade, tokens] of table) {
    accepts([ok(fields, line)]);
    assert.deepEqual(
      [head.keepAlive, head.upgrade, head.connectionTokens],
      [keepAlive, upgrade, tokens],
      line + fields,
    );
  }
});

test('a Connection list of thousands of names is refused', () => {
  refuses([ok(`Connection: ${'x, '.repeat(17)}\r\n`), ok(`Connection: ${'x,'.repeat(1000)}\r\n`)]);
  accepts([ok(`Connection: ${'x, '.repeat(16)}\r\n`)]);
});

test('limits hold to the byte, also while the head is not whole', () => {
  const text = ok('X-A: b\r\n');
  const at = (headerBytes: number, headerCount = 20) => ({ headerBytes, headerCount, targetBytes: 1 });
  assert.equal(parse(text, at(text.length)), text.length);
  assert.equal(parse(text, at(text.length - 1)), -Fault.upstreamInvalid);
  assert.equal(parse(text.slice(0, -1), at(text.length)), INCOMPLETE);
  assert.equal(parse(text.slice(0, -2), at(text.length - 2)), -Fault.upstreamInvalid);
  assert.equal(parse(ok('A: b\r\n'.repeat(2)), at(999, 2)), ok('A: b\r\n'.repeat(2)).length);
  assert.equal(parse(ok('A: b\r\n'.repeat(3)), at(999, 2)), -Fault.upstreamInvalid);
});
