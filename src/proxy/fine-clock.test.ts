import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../../test/support/until.ts';
import { Timed } from './deadline.ts';
import { FineClock } from './fine-clock.ts';

class Entry extends Timed {
  fired = 0;
  onDeadline(): void {
    this.fired += 1;
  }
}

test('regression: what is late already when a clock that slept is armed fires after arming, not within', async (t) => {
  // It has slept for longer than a round of its wheel, for shorter, and not at all.
  for (const sleptMs of [60_000, 500, 0]) {
    const clock = new FineClock(performance.now() - sleptMs, () => false);
    t.after(() => clock.stop());
    const entry = new Entry();
    clock.arm(entry, performance.now() - 10);
    assert.equal(entry.fired, 0, 'whoever armed it has not gone on yet');
    await until('it to fire', () => entry.fired > 0);
    assert.equal(entry.fired, 1);
  }
});

test('it ticks only while something waits, and after a handler that arms anew', async (t) => {
  let ticks = 0;
  const clock = new FineClock(performance.now() - 5000, () => (ticks++, false));
  t.after(() => clock.stop());
  const second = new Entry();
  const first = new (class extends Timed {
    onDeadline(nowMs: number): void {
      clock.arm(second, nowMs + 4);
    }
  })();
  clock.arm(first, performance.now());
  await until('the second to fire', () => second.fired === 1);
  const seen = ticks;
  await new Promise((resolve) => setTimeout(resolve, 50));
  // The tick in which the second fired may have been going on.
  assert.ok(ticks <= seen + 1, `${ticks - seen} ticks for nobody`);
});
