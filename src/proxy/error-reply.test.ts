import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAULT_COUNT, Fault, faultRow } from '#core/fault.ts';
import { acceptsJson, errorReply, type ErrorReplyOptions } from './error-reply.ts';

const OPTIONS: ErrorReplyOptions = {
  json: false,
  headOnly: false,
  close: false,
  keepAlive10: false,
  retryAfterSeconds: 3,
  requestId: 'abc',
};
const DATE = Buffer.from('date: now\r\n');
const reply = (fault: number, options: Partial<ErrorReplyOptions> = {}): string =>
  errorReply(fault, { ...OPTIONS, ...options }, DATE).toString();

test('every fault that is answered has a head with its status, reason, and the right length', () => {
  for (let fault = 1; fault <= FAULT_COUNT; fault++) {
    const { status, reason } = faultRow(fault);
    if (status === 0) continue;
    for (const json of [true, false]) {
      const text = reply(fault, { json });
      assert.match(text, new RegExp(`^HTTP/1\\.1 ${status} [A-Z][A-Za-z -]+\r\n`), 'a known reason phrase');
      assert.ok(!/^HTTP\/1\.1 \d+ Error\r\n/.test(text));
      if (status >= 400) assert.ok(text.includes(`x-edgebalancer-reason: ${reason}\r\n`));
      const body = text.slice(text.indexOf('\r\n\r\n') + 4);
      assert.ok(text.includes(`content-length: ${Buffer.byteLength(body)}\r\n`));
      if (json) assert.equal((JSON.parse(body) as { requestId: string }).requestId, 'abc');
    }
  }
});

test('Retry-After on 503, Allow on 405, no body for HEAD', () => {
  assert.ok(reply(Fault.overloaded).includes('retry-after: 3\r\n'));
  assert.ok(!reply(Fault.noRoute).includes('retry-after'));
  assert.ok(reply(Fault.connectRefused).includes('allow: GET'));
  assert.ok(reply(Fault.noRoute, { headOnly: true }).endsWith('\r\n\r\n'));
  assert.match(reply(Fault.noRoute, { headOnly: true }), /content-length: [1-9]/);
});

test('the connection is named as it will be', () => {
  assert.ok(reply(Fault.noRoute, { close: true }).includes('connection: close\r\n'));
  assert.ok(reply(Fault.noRoute, { keepAlive10: true }).includes('connection: keep-alive\r\n'));
  assert.ok(!reply(Fault.noRoute).includes('connection:'));
});

test('JSON for whoever asks for it in Accept, and nowhere else', () => {
  const head = (lines: string): Buffer => Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`, 'latin1');
  assert.equal(acceptsJson(head('Accept: application/json\r\n')), true);
  assert.equal(acceptsJson(head('ACCEPT: text/html, application/problem+json;q=0.5\r\n')), true);
  assert.equal(acceptsJson(head('Accept: text/html\r\n')), false);
  assert.equal(acceptsJson(head('X: accept: application/json\r\n')), false);
  assert.equal(acceptsJson(head('\r\naccept: application/json\r\n')), false, 'a body is not looked at');
});
