import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BodyKind, requestBody, responseBody } from './framing.ts';
import { bytesOf } from './latin1.ts';
import { Method, parseRequestHead, RequestHead } from './request-head.ts';
import { parseResponseHead, ResponseHead } from './response-head.ts';

const limits = { headerBytes: 4096, headerCount: 20, targetBytes: 1024 };
const { none, length, chunked, untilClose } = BodyKind;

function bodyOfRequest(method: string, fields: string): number {
  const head = new RequestHead(20);
  const buf = bytesOf(`${method} / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
  assert.equal(parseRequestHead(buf, 0, buf.length, head, limits), buf.length);
  return requestBody(head);
}

function bodyOfResponse(status: number, fields: string, method: number = Method.get): number {
  const head = new ResponseHead(20);
  const buf = bytesOf(`HTTP/1.1 ${status} x\r\n${fields}\r\n`);
  assert.equal(parseResponseHead(buf, 0, buf.length, head, limits), buf.length);
  return responseBody(head, method);
}

const LENGTH = 'Content-Length: 5\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

test('request bodies: only the framing fields count, not the method (RFC 9112 6.3, rules 6 and 7)', () => {
  assert.equal(bodyOfRequest('POST', ''), none);
  assert.equal(bodyOfRequest('GET', LENGTH), length);
  assert.equal(bodyOfRequest('POST', 'Content-Length: 0\r\n'), none);
  assert.equal(bodyOfRequest('DELETE', CHUNKED), chunked);
});

test('responses to HEAD, 1xx, 204 and 304 have none, whatever they say (RFC 9112 6.3, rule 1)', () => {
  for (const fields of ['', LENGTH, CHUNKED]) {
    for (const status of [100, 101, 103, 204, 304])
      assert.equal(bodyOfResponse(status, fields), none, `${status} ${fields}`);
    assert.equal(bodyOfResponse(200, fields, Method.head), none);
    assert.equal(bodyOfResponse(404, fields, Method.head), none);
  }
});

test('a 2xx to CONNECT begins a tunnel, other answers to it have bodies (RFC 9112 6.3, rule 2)', () => {
  assert.equal(bodyOfResponse(200, LENGTH, Method.connect), none);
  assert.equal(bodyOfResponse(403, LENGTH, Method.connect), length);
});

test('chunked, then length, then until the connection closes (RFC 9112 6.3, rules 4, 6 and 8)', () => {
  assert.equal(bodyOfResponse(200, CHUNKED), chunked);
  assert.equal(bodyOfResponse(205, LENGTH), length);
  assert.equal(bodyOfResponse(500, 'Content-Length: 0\r\n'), none);
  assert.equal(bodyOfResponse(200, ''), untilClose);
  assert.equal(bodyOfResponse(301, ''), untilClose);
});
