import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DecisionRing } from './decision-ring.ts';

test('keeps the newest, so many and of so many bytes, the newest first', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.array(fc.integer({ min: 1, max: 60 })), (most, sizes) => {
      const ring = new DecisionRing<{ bytes: number; at: number }>(most, 100);
      for (const [at, bytes] of sizes.entries()) ring.put({ bytes, at });
      const kept = [...ring];
      let expected = 0;
      let sum = 0;
      while (expected < Math.min(most, sizes.length)) {
        sum += sizes.at(-1 - expected)!;
        if (sum > 100 && expected > 0) break;
        expected += 1;
      }
      assert.deepEqual(kept.map(({ at }) => at), Array.from({ length: expected }, (_, back) => sizes.length - 1 - back)); // prettier-ignore
      assert.equal(ring.bytes, kept.reduce((total, { bytes }) => total + bytes, 0)); // prettier-ignore
    }),
  );
});

test('one that is larger than all is kept alone', () => {
  const ring = new DecisionRing<{ bytes: number }>(4, 100);
  for (const bytes of [30, 30, 500]) ring.put({ bytes });
  assert.deepEqual([...ring], [{ bytes: 500 }]);
  ring.put({ bytes: 20 });
  assert.deepEqual([...ring], [{ bytes: 20 }]);
});
