import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeldBytes } from './held-bytes.ts';

test('bytes come back in order, across growth', () => {
  const held = new HeldBytes();
  const all = Buffer.alloc(10_000, 'abcdefghij');
  for (let at = 0; at < all.length; at += 333) held.append(all, at, Math.min(all.length, at + 333));
  assert.ok(held.take().equals(all));
});

test('crumbs ask for a new look only when a line ends or the bytes double', () => {
  const held = new HeldBytes();
  let looks = 0;
  const head = Buffer.from(`GET / HTTP/1.1\r\nX: ${'a'.repeat(2000)}`, 'latin1');
  for (let at = 0; at < head.length; at++) if (held.append(head, at, at + 1)) looks++;
  assert.ok(looks <= 2 + Math.ceil(Math.log2(head.length)), `${looks} looks at ${head.length} crumbs`);
  assert.equal(held.append(Buffer.from('\n'), 0, 1), true);
});
