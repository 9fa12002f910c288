import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { ExplainKeys } from './explain-keys.ts';

const TOKEN = 'eb_0123456789abcdefghijklmnopqrstuvwxyz';
const sha256 = (token: string): string => createHash('sha256').update(token).digest('hex');

function keysOf(wallMs = 0): { keys: ExplainKeys; asks: (token: string, nowMs?: number) => boolean } {
  const keys = new ExplainKeys(() => wallMs);
  return {
    keys,
    asks: (token, nowMs = 0) => {
      const buf = Buffer.from(`name: ${token}\r\n`);
      return keys.fits(buf, 6, 6 + token.length, nowMs);
    },
  };
}

test('a token that is known fits, and no other, until it is not known any more', () => {
  const { keys, asks } = keysOf();
  assert.equal(asks(TOKEN), false, 'none is known');
  keys.know([{ sha256: sha256('another'), expiresMs: null }, { sha256: sha256(TOKEN), expiresMs: null }]); // prettier-ignore
  assert.equal(asks(TOKEN), true);
  for (const wrong of ['', 'eb_', TOKEN.slice(1), `${TOKEN}x`, sha256(TOKEN), 'x'.repeat(600)])
    assert.equal(asks(wrong), false, wrong);
  keys.know([]);
  assert.equal(asks(TOKEN), false);
});

test('a token that has ended does not fit', () => {
  for (const [wallMs, fits] of [
    [999, true],
    [1000, false],
  ] as const) {
    // prettier-ignore
    const { keys, asks } = keysOf(wallMs);
    keys.know([{ sha256: sha256(TOKEN), expiresMs: 1000 }]);
    assert.equal(asks(TOKEN), fits);
  }
});

test('so many are looked at in a second', () => {
  const { keys, asks } = keysOf();
  keys.know([{ sha256: sha256(TOKEN), expiresMs: null }]);
  for (let i = 0; i < 20; i++) assert.equal(asks('eb_wrong', 5), false);
  assert.equal(asks(TOKEN, 900), false, 'a flood of wrong ones has used the second up');
  assert.equal(asks(TOKEN, 1005), true);
});
