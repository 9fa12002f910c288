import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REQUEST_ID_BYTES, RequestIds, TRACEPARENT_BYTES } from './request-ids.ts';

test('request ids are 32 hexadecimal digits and never repeat', () => {
  const ids = new RequestIds();
  const into = Buffer.alloc(64);
  const seen = new Set<string>();
  for (let i = 0; i < 10_000; i++) {
    assert.equal(ids.writeId(into, 3), 3 + REQUEST_ID_BYTES);
    const id = into.toString('latin1', 3, 3 + REQUEST_ID_BYTES);
    assert.match(id, /^[0-9a-f]{32}$/);
    seen.add(id);
  }
  assert.equal(seen.size, 10_000);
});

test('two workers do not share ids', () => {
  const into = Buffer.alloc(64);
  const [a, b] = [new RequestIds(), new RequestIds()].map((ids) => {
    ids.writeId(into, 0);
    return into.toString('latin1', 0, 20);
  });
  assert.notEqual(a, b);
});

test('trace parents follow W3C Trace Context: version 00, non-zero ids, not sampled', () => {
  const ids = new RequestIds();
  const into = Buffer.alloc(64);
  const seen = new Set<string>();
  for (let i = 0; i < 2000; i++) {
    assert.equal(ids.writeTraceparent(into, 0), TRACEPARENT_BYTES);
    const text = into.toString('latin1', 0, TRACEPARENT_BYTES);
    assert.match(text, /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    assert.doesNotMatch(text, /-0{32}-|-0{16}-/);
    seen.add(text);
  }
  assert.equal(seen.size, 2000);
});
