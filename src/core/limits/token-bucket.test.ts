import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { TokenBucket } from './token-bucket.ts';

/** Steps a bucket through requests at these times; which were let through. */
function admitted(bucket: TokenBucket, timesMs: readonly number[], first = bucket.partsAt(timesMs[0]!)): boolean[] {
  let word = first;
  return timesMs.map((ms) => {
    word = bucket.step(word, bucket.partsAt(ms));
    return bucket.allowed;
  });
}

const bucketOf = (perSecond: number, burst: number): TokenBucket => new TokenBucket({ row: 0, perSecond, burst });
const close = (value: number, to: number): void => assert.ok(Math.abs(value - to) < 1e-4, `${value}, not ${to}`);

/** Rates and bursts as an operator may write them. */
const rates = fc.oneof(
  fc.constantFrom(1 / 3600, 1 / 60, 0.7, 7, 100, 300, 12_345, 30_000, 70_000, 150_000, 1_000_000, 10_000_000),
  fc.double({ min: 0.001, max: 10_000_000, noNaN: true }),
);
const bursts = fc.oneof(fc.integer({ min: 1, max: 50 }), fc.constantFrom(200, 1000, 10_000_000));
/** In milliseconds: up to four months of running. */
const starts = fc.double({ min: 0, max: 1e10, noNaN: true });
/** Gaps between requests, as shares of the time in which the bucket refills. */
const shares = fc.array(
  fc.oneof(fc.constant(0), fc.double({ min: 0, max: 0.05, noNaN: true }), fc.double({ min: 0, max: 3, noNaN: true })),
  { minLength: 1, maxLength: 150 },
);

describe('a token bucket', () => {
  test('a burst at once, then one for each refill', () => {
    const let_ = admitted(bucketOf(10, 3), [0, 0, 0, 0, 50, 100, 100, 250]);
    assert.deepEqual(let_, [true, true, true, false, false, true, false, true]);
  });

  test('what is left, and when more comes', () => {
    const bucket = bucketOf(10, 3);
    let word = bucket.step(0, 0);
    assert.deepEqual([bucket.allowed, bucket.remaining], [true, 2]);
    close(bucket.fullInSeconds, 0.1);
    word = bucket.step(word, 0);
    word = bucket.step(word, 0);
    assert.deepEqual([bucket.allowed, bucket.remaining], [true, 0]);
    close(bucket.fullInSeconds, 0.3);
    assert.equal(bucket.step(word, bucket.partsAt(25)), word, 'a refusal changes nothing');
    assert.deepEqual([bucket.allowed, bucket.remaining], [false, 0]);
    close(bucket.waitSeconds, 0.075);
    close(bucket.fullInSeconds, 0.275);
  });

  test('at once exactly the burst, at any rate and time', () => {
    fc.assert(
      fc.property(
        rates,
        fc.integer({ min: 1, max: 2000 }),
        fc.double({ min: 0, max: 1e10, noNaN: true }),
        (rate, burst, ms) => {
          const bucket = bucketOf(rate, burst);
          const count = admitted(bucket, new Array<number>(burst + 5).fill(ms)).filter(Boolean).length;
          assert.equal(count, burst);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('step for step as an exact bucket, whose numbers have no end', () => {
    fc.assert(
      fc.property(rates, bursts, starts, shares, (rate, burst, startMs, gaps) => {
        const bucket = bucketOf(rate, burst);
        const token = BigInt(bucket.tokenParts);
        const whole = BigInt(burst) * token;
        let ms = startMs;
        let word = bucket.partsAt(ms);
        let fullAt = BigInt(Math.floor(ms * bucket.partsPerMs));
        for (const gap of gaps) {
          ms += (gap * burst * 1000) / rate;
          const now = BigInt(Math.floor(ms * bucket.partsPerMs));
          const next = (fullAt > now ? fullAt : now) + token;
          const allowed = next <= now + whole;
          if (allowed) fullAt = next;
          word = bucket.step(word, bucket.partsAt(ms));
          assert.equal(bucket.allowed, allowed);
          assert.equal(word, Number(BigInt.asIntN(32, fullAt)), 'the same word, wrapped');
          assert.equal(bucket.remaining, allowed ? Number((now + whole - fullAt) / token) : 0);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('in any stretch of time at most the burst and the rate, and none refused that an exact clock would let through', () => {
    fc.assert(
      fc.property(rates, fc.integer({ min: 1, max: 50 }), starts, shares, (rate, burst, startMs, gaps) => {
        const bucket = bucketOf(rate, burst);
        const part = 1 / bucket.tokenParts;
        let at = startMs;
        const times = gaps.map((gap) => (at += (gap * burst * 1000) / rate));
        const let_ = admitted(bucket, times);
        const slack = part + rate * 1e-6;
        for (let from = 0; from < times.length; from++) {
          let count = 0;
          for (let to = from; to < times.length; to++) {
            if (let_[to]) count += 1;
            const most = burst + ((times[to]! - times[from]!) / 1000) * rate;
            assert.ok(count <= most + slack, `${count} of ${most}`);
          }
        }
        let tokens = burst;
        let last = times[0]!;
        times.forEach((ms, index) => {
          tokens = Math.min(burst, tokens + ((ms - last) / 1000) * rate);
          last = ms;
          if (!let_[index]) assert.ok(tokens < 1 + slack, `refused with ${tokens} tokens`);
          else tokens -= 1;
        });
      }),
      { numRuns: 300 },
    );
  });

  test('a word of long ago is a full bucket, wherever the clock stands', () => {
    for (const rate of [1 / 3600, 7, 100, 150_000, 10_000_000]) {
      const bucket = bucketOf(rate, 5);
      for (const now of [0, 1, 0x7fffffff, -0x80000000, -1]) {
        for (const ago of [1, 1000, 0x3fffffff, 0x7ffffff0]) {
          bucket.step((now - ago) | 0, now);
          assert.deepEqual([bucket.allowed, bucket.remaining], [true, 4], `${ago} parts ago at ${now}`);
        }
        // Further ahead than any bucket goes, even for a clock that is late.
        bucket.step((now + 0x7f800000) | 0, now);
        assert.deepEqual([bucket.allowed, bucket.remaining], [true, 4]);
      }
    }
  });

  test('bug: whoever read the clock a moment before others emptied the bucket found it full', () => {
    for (const rate of [1 / 60, 100, 20_000, 1_000_000]) {
      const bucket = bucketOf(rate, 50);
      let word = bucket.partsAt(10_000);
      for (let i = 0; i < 50; i++) word = bucket.step(word, bucket.partsAt(10_000));
      for (const lateMs of [0.02, 1, 900]) {
        assert.equal(bucket.step(word, bucket.partsAt(10_000 - lateMs)), word);
        assert.equal(bucket.allowed, false, `${lateMs} ms late, ${rate}/s`);
      }
    }
  });

  test('over a long time exactly the rate, however fast', () => {
    for (const rate of [300, 70_000, 333_333, 1_000_000]) {
      const bucket = bucketOf(rate, 1000);
      let word = bucket.partsAt(5);
      let count = 0;
      for (let step = 0; step <= 40_000; step++) {
        const parts = bucket.partsAt(5 + step / 20);
        do {
          word = bucket.step(word, parts);
          if (bucket.allowed) count += 1;
        } while (bucket.allowed);
      }
      const exact = 1000 + 2 * rate;
      assert.ok(count <= exact + 1 && count >= exact - 1, `${count}, not ${exact}`);
    }
  });
});
