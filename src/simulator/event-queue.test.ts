import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EventQueue } from './event-queue.ts';

test('events come out by time, those of one time in the order they were put in', () => {
  const actions = fc.array(fc.option(fc.integer({ min: 0, max: 8 })), { maxLength: 300 });
  fc.assert(
    fc.property(actions, (list) => {
      const queue = new EventQueue<number>();
      const waiting: { atMs: number; id: number }[] = [];
      const takeBoth = (): void => {
        const first = waiting.reduce((best, event) => (event.atMs < best.atMs ? event : best));
        assert.equal(queue.nextMs, first.atMs);
        assert.equal(queue.take(), first.id);
        waiting.splice(waiting.indexOf(first), 1);
      };
      list.forEach((atMs, id) => {
        if (atMs !== null) {
          queue.put(atMs, id);
          waiting.push({ atMs, id });
        } else if (waiting.length > 0) takeBoth();
      });
      while (waiting.length > 0) takeBoth();
      assert.equal(queue.nextMs, Infinity);
    }),
  );
});
