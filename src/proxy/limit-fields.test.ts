import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LimitFields } from './limit-fields.ts';

test('one answer’s digits are never another’s', (t) => {
  const fields = new LimitFields('ratelimit-policy: "a";q=9;w=1\r\n', 'a');
  const number = fc.oneof(
    fc.constantFrom(0, 9, 10, 999_999_999, 1_000_000_000, 10 ** 15 - 1, 2 ** 31, 2 ** 32),
    fc.nat(12),
    fc.maxSafeNat().map((value) => value % 10 ** 15),
  );
  const check = fc.check(
    fc.property(number, number, fc.nat(5), (remaining, resetSeconds, at) => {
      const into = Buffer.alloc(at + fields.bytesMax, '#');
      const end = fields.write(remaining, resetSeconds, into, at);
      assert.equal(
        into.toString('latin1', at, end),
        `ratelimit-policy: "a";q=9;w=1\r\nratelimit: "a";r=${remaining};t=${resetSeconds}\r\n`,
      );
      assert.ok(into.subarray(0, at).every((byte) => byte === 0x23));
      assert.ok(into.subarray(end).every((byte) => byte === 0x23));
    }),
    { numRuns: 500 },
  );
  t.diagnostic(`seed ${check.seed}`);
  assert.ok(!check.failed, fc.defaultReportMessage(check) ?? '');
});

test('without policies of its own', () => {
  const into = Buffer.alloc(100);
  const fields = new LimitFields('', 'slow');
  assert.equal(into.toString('latin1', 0, fields.write(3, 60, into, 0)), 'ratelimit: "slow";r=3;t=60\r\n');
});
