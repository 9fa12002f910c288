import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REQUEST_ID_BYTES, RequestIds } from './request-ids.ts';

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

test('ids of spans are never all zeros', () => {
  const ids = new RequestIds();
  for (let i = 0; i < 10_000; i++) {
    const low = ids.lowWord();
    assert.ok(Number.isInteger(low) && low > 0 && low < 2 ** 32);
  }
});

test('words are random in every bit', (t) => {
  const ids = new RequestIds();
  const drawn = 20_000;
  const ones = new Array<number>(32).fill(0);
  for (let i = 0; i < drawn; i++) {
    const word = ids.word();
    for (let at = 0; at < 32; at++) ones[at]! += (word >>> at) & 1;
  }
  t.diagnostic(ones.join(' '));
  // Six standard deviations: one run in 16 million fails for no reason.
  const most = 6 * Math.sqrt(drawn / 4);
  for (const count of ones) assert.ok(Math.abs(count - drawn / 2) < most, String(count));
});
