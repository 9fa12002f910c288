import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { DEFAULT_CAPACITY, Layout } from './layout.ts';
import { RING_BYTES, SpanRing, SpanTable } from './span-ring.ts';

const CAPACITY = { ...DEFAULT_CAPACITY, workers: 2 };
const MOST = 64 * 1024;

function ring(): SpanRing {
  return new SpanRing(new Layout(CAPACITY, new SharedArrayBuffer(RING_BYTES + 4096)));
}

/** Writes a record of this many bytes, each of them `value`. */
function put(into: SpanRing, length: number, value: number): boolean {
  const at = into.reserve(MOST);
  if (at === -1) return false;
  into.bytes.fill(value, at, at + length);
  into.commit(at + length);
  return true;
}

describe('a ring of records', () => {
  test('gives what was put, in order, for many rounds', () => {
    const bytes = fc.integer({ min: 1, max: MOST });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), bytes), { minLength: 1, maxLength: 200 }), (steps) => {
        const tried = ring();
        const there: [number, number][] = [];
        let count = 0;
        const take = (): void =>
          tried.take((all, start, end) => {
            const [length, value] = there.shift() ?? [0, 0];
            assert.equal(end - start, length);
            assert.ok(all.subarray(start, end).every((byte) => byte === value));
            return true;
          });
        for (const [taken, length] of steps) {
          const value = ++count & 0xff;
          if (put(tried, length, value)) there.push([length, value]);
          if (taken) take();
        }
        take();
        assert.equal(there.length, 0, 'all were taken');
      }),
      { numRuns: 60 },
    );
  });

  test('refuses what finds no room, and has room again when something was taken', () => {
    const full = ring();
    let count = 0;
    while (put(full, MOST, 1)) count++;
    assert.equal(count, Math.floor(RING_BYTES / (MOST + 4)));
    let taken = 0;
    full.take(() => ++taken < 2);
    assert.equal(taken, 2, 'the reader may stop');
    assert.equal(put(full, MOST, 2), true);
  });

  test('shows nothing of a record that was not finished', () => {
    const half = ring();
    half.bytes.fill(7, half.reserve(100), 50);
    half.take(() => assert.fail('there is no record'));
    put(half, 10, 3);
    const seen: number[] = [];
    half.take((bytes, start, end) => seen.push(bytes[start] as number, end - start) > 0);
    assert.deepEqual(seen, [3, 10]);
  });

  test('ends may wrap round 2^32', () => {
    const buffer = new SharedArrayBuffer(RING_BYTES + 4096);
    const ends = new Layout(CAPACITY, buffer).i32(2);
    ends.fill(0x7fffff00);
    const old = new SpanRing(new Layout(CAPACITY, buffer));
    let seen = 0;
    for (let at = 0; at < 100; at++) {
      assert.ok(put(old, 1000 + at, at));
      old.take((_, start, end) => {
        assert.equal(end - start, 1000 + at);
        return ++seen > 0;
      });
    }
    assert.equal(seen, 100);
  });
});

test('so many a second are admitted, all workers together, and as many in the next', () => {
  const buffer = new SharedArrayBuffer(2 * (RING_BYTES + 4096) + 4096);
  const [a, b] = [new SpanTable(new Layout(CAPACITY, buffer)), new SpanTable(new Layout(CAPACITY, buffer))];
  const admitted = (second: number): number => {
    let count = 0;
    for (let at = 0; at < 20; at++) if ((at % 2 === 0 ? a : b).admit(second, 5)) count++;
    return count;
  };
  assert.deepEqual([admitted(1), admitted(1), admitted(2), admitted(3)], [5, 0, 5, 5]);
  assert.equal(a.admit(9, 0), false);
});
