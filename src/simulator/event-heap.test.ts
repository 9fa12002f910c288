import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EventHeap } from './event-heap.ts';

test('events come out by time, those of one time in the order they were put in', () => {
  const actions = fc.array(fc.option(fc.integer({ min: 0, max: 8 })), { maxLength: 400 });
  fc.assert(
    fc.property(actions, (list) => {
      const heap = new EventHeap();
      const waiting: { atMs: number; id: number }[] = [];
      const takeBoth = (): void => {
        const first = waiting.reduce((best, event) => (event.atMs < best.atMs ? event : best));
        assert.equal(heap.nextMs, first.atMs);
        assert.equal(heap.take(), first.id);
        waiting.splice(waiting.indexOf(first), 1);
      };
      list.forEach((atMs, id) => {
        if (atMs !== null) {
          heap.put(atMs, id);
          waiting.push({ atMs, id });
        } else if (waiting.length > 0) takeBoth();
      });
      while (waiting.length > 0) takeBoth();
      assert.equal(heap.nextMs, Infinity);
    }),
  );
});

test('more than fit at first', () => {
  const heap = new EventHeap();
  for (let at = 0; at < 5000; at++) heap.put((at * 7919) % 5000, at);
  for (let at = 0; at < 5000; at++) assert.equal((heap.take() * 7919) % 5000, at);
});
