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

test('what is kept of the bytes taken waits on without a copy, and more comes behind it', () => {
  const held = new HeldBytes();
  const all = Buffer.from('first second third '.repeat(100), 'latin1');
  held.append(all, 0, all.length);
  const taken = held.take();
  held.keep(all.length - 6);
  assert.equal(held.length, all.length - 6);
  const rest = held.take();
  assert.equal(rest.buffer, taken.buffer);
  assert.ok(rest.equals(all.subarray(6)));
  held.keep(10);
  held.append(Buffer.from('fourth'), 0, 6);
  assert.equal(held.take().toString('latin1'), `${all.subarray(-10).toString('latin1')}fourth`);
});

test('room in front is used again before more is taken', () => {
  const held = new HeldBytes();
  const piece = Buffer.alloc(700, 'x');
  held.append(piece, 0, 700);
  const { buffer } = held.take();
  for (let round = 0; round < 50; round++) {
    held.keep(20);
    held.append(piece, 0, 700);
    assert.equal(held.take().buffer, buffer);
    assert.equal(held.length, 720);
  }
});
