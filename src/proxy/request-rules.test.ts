import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault, faultRow } from '#core/fault.ts';
import { parseRequestHead, RequestHead } from '#http1/request-head.ts';
import { requestFault } from './request-rules.ts';

const head = new RequestHead(100);
function faultOf(lines: string, bodyBytesMax = 0): string {
  const buf = Buffer.from(`POST / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`, 'latin1');
  const limits = { headerBytes: 4096, headerCount: 100, targetBytes: 100 };
  assert.equal(parseRequestHead(buf, 0, buf.length, head, limits), buf.length);
  const fault = requestFault(buf, head, bodyBytesMax);
  return fault === 0 ? '' : faultRow(fault).name;
}

test('Connection may not name a field that frames or addresses the request', () => {
  const refused = faultRow(Fault.badConnection).name;
  assert.equal(faultOf('Connection: host\r\n'), refused);
  assert.equal(faultOf('Connection: close, Content-Length\r\nContent-Length: 5\r\n'), refused);
  assert.equal(faultOf('Transfer-Encoding: chunked\r\nConnection: transfer-encoding\r\n'), refused);
  assert.equal(faultOf('Connection: content-length\r\n'), '', 'a field that is not there');
  assert.equal(faultOf('Connection: TE, x-forwarded-for\r\nTE: trailers\r\nX-Forwarded-For: 1\r\n'), '');
});

test('a length above the limit is refused before the body comes', () => {
  assert.equal(faultOf('Content-Length: 5\r\n', 5), '');
  assert.equal(faultOf('Content-Length: 6\r\n', 5), faultRow(Fault.bodyTooLarge).name);
  assert.equal(faultOf('Content-Length: 6\r\n', 0), '');
});
