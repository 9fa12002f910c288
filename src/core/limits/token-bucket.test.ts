import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TICKS_PER_SECOND, TokenBucket, ticksOf } from './token-bucket.ts';

/** Steps a bucket through requests at these times; which were let through. */
function admitted(bucket: TokenBucket, timesMs: readonly number[], chance = () => 0.5, first = 0): boolean[] {
  let word = first;
  return timesMs.map((ms) => {
    word = bucket.step(word, ticksOf(ms), chance());
    return bucket.allowed;
  });
}

test('a burst at once, then one for each refill', () => {
  const bucket = new TokenBucket(10, 3);
  assert.deepEqual(admitted(bucket, [0, 0, 0, 0, 50, 100, 100, 250]), [
    true,
    true,
    true,
    false,
    false,
    true,
    false,
    true,
  ]);
});

test('what is left, and when more comes', () => {
  const bucket = new TokenBucket(10, 3);
  let word = bucket.step(0, 0, 0.5);
  assert.deepEqual([bucket.allowed, bucket.remaining, bucket.fullInTicks], [true, 2, TICKS_PER_SECOND / 10]);
  word = bucket.step(word, 0, 0.5);
  word = bucket.step(word, 0, 0.5);
  assert.deepEqual([bucket.allowed, bucket.remaining], [true, 0]);
  bucket.step(word, 0, 0.5);
  assert.deepEqual([bucket.allowed, bucket.waitTicks], [false, TICKS_PER_SECOND / 10]);
});

test('in any stretch of time at most the burst and what refilled, and no fewer than an exact bucket', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1000 }),
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 200 }),
      fc.integer({ min: 0, max: 100_000_000 }),
      (perSecond, burst, gaps, fromMs) => {
        let at = fromMs;
        const times = gaps.map((gap) => (at += gap));
        const let_ = admitted(new TokenBucket(perSecond, burst), times, () => 0, ticksOf(fromMs));
        for (let from = 0; from < times.length; from++) {
          let count = 0;
          for (let to = from; to < times.length; to++) {
            if (let_[to]) count += 1;
            // A tick of rounding for each request, at most.
            const seconds = (times[to]! - times[from]!) / 1000 + (count * 1) / TICKS_PER_SECOND;
            assert.ok(count <= burst + seconds * perSecond + 1e-6, `${count} in ${seconds} s`);
          }
        }
        let tokens = burst;
        let last = fromMs;
        for (const [index, ms] of times.entries()) {
          tokens = Math.min(burst, tokens + ((ms - last) / 1000) * perSecond);
          last = ms;
          if (tokens >= 1) {
            if (let_[index] !== true) assert.fail(`refused with ${tokens} tokens`);
            tokens -= 1;
          } else if (let_[index] === true) {
            tokens -= 1;
            assert.ok(tokens > -0.2, 'rounding gives away a fifth of a token at most');
          }
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('a word from any time in the past, or one that wrapped, is a full bucket', () => {
  const bucket = new TokenBucket(100, 5);
  for (const now of [0, 1, 0x7fffffff, -0x80000000, -1]) {
    for (const ago of [1, 1000, 0x3fffffff, 0x7ffffff0]) {
      bucket.step((now - ago) | 0, now, 0);
      assert.deepEqual([bucket.allowed, bucket.remaining], [true, 4], `${ago} ticks ago at ${now}`);
    }
    // Further ahead than this limit ever goes.
    bucket.step((now + 1_000_000) | 0, now, 0);
    assert.deepEqual([bucket.allowed, bucket.remaining], [true, 4]);
  }
});

test('a rate above a tick each is exact on average', (t) => {
  let seed = 4711;
  t.diagnostic(`seed ${seed}`);
  const random = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const bucket = new TokenBucket(1_000_000, 1000);
  let word = 0;
  let count = 0;
  for (let ms = 0; ms < 1000; ms++) {
    for (let i = 0; i < 2000; i++) {
      word = bucket.step(word, ticksOf(ms), random());
      if (bucket.allowed) count += 1;
    }
  }
  assert.ok(Math.abs(count - 1_000_000) < 10_000, `${count}`);
});
