import assert from 'node:assert/strict';
import { randomFillSync } from 'node:crypto';
import { test } from 'node:test';
import { TraceContext } from './trace-context.ts';
import { TraceSampler } from './trace-sampler.ts';

const TRACES = 20_000;

function traces(): TraceContext[] {
  const words = randomFillSync(new Uint32Array(4 * TRACES));
  return Array.from({ length: TRACES }, (_, at) => {
    const context = new TraceContext();
    context.id.set(words.subarray(4 * at, 4 * at + 4));
    return context;
  });
}

test('a share of traces is recorded, all and none included', (t) => {
  const made = traces();
  for (const share of [0, 0.01, 0.5, 0.999, 1]) {
    const sampler = new TraceSampler(share);
    const count = made.filter((context) => sampler.samples(context)).length;
    t.diagnostic(`${share}: ${count} of ${TRACES}`);
    // Six standard deviations; of nothing and everything there are none.
    const most = 6 * Math.sqrt(TRACES * share * (1 - share));
    assert.ok(Math.abs(count - TRACES * share) <= most, `${share}: ${count}`);
  }
});

test('what a share records, a larger one records too, and whoever has the same share decides alike', () => {
  const [small, same, large] = [new TraceSampler(0.1), new TraceSampler(0.1), new TraceSampler(0.3)];
  for (const context of traces()) {
    assert.equal(small.samples(context), same.samples(context));
    if (small.samples(context)) assert.ok(large.samples(context));
  }
});

test('only the last 56 bits count, and the threshold itself is recorded', () => {
  const context = new TraceContext();
  const half = new TraceSampler(0.5);
  context.id.set([0xffffffff, 0xffffffff, 0xff7fffff, 0xffffffff]);
  assert.equal(half.samples(context), false);
  context.id.set([0, 0, 0x00800000, 0]);
  assert.equal(half.samples(context), true);
  // The least of the 2^26 ids that a share of 2^-30 records, and the one before it.
  const rare = new TraceSampler(2 ** -30);
  context.id.set([0, 0, 0x00ffffff, 0xfc000000]);
  assert.equal(rare.samples(context), true);
  context.id.set([0, 0, 0x00ffffff, 0xfbffffff]);
  assert.equal(rare.samples(context), false);
});
