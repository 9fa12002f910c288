import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { planOf, type Sketch } from '../../test/support/plans.ts';
import { refusal } from './reload-limits.ts';

const plan = (sketch: Partial<Sketch>) =>
  planOf(
    { pools: [], ...sketch },
    {
      revision: 1,
      assignSlot: () => 0,
      assignRouteRow: () => 1,
      assignPoolRow: () => 0,
      assignLimitRow: () => 0,
      memoryBytes: 1024 ** 3,
      controlSocket: '',
      cpus: 1,
    },
  );
const now = plan({ workers: 2, listeners: [{ name: 'public', port: 8080 }] });
const listeners = now.listeners.map(({ name }) => ({ name, port: 8080 }));

describe('what a reload cannot change', () => {
  test('the same listeners and as many workers, or more, are fine', () => {
    assert.equal(refusal(now, plan({ workers: 2, listeners }), 16), null);
    assert.equal(refusal(now, plan({ workers: 3, listeners }), 16), null);
  });

  test('a listener that moves, comes or goes needs a restart, and the sentence says so', () => {
    const moved = refusal(now, plan({ workers: 2, listeners: [{ name: 'public', port: 8081 }] }), 16);
    assert.match(moved ?? '', /"public" would move from 127\.0\.0\.1:8080 to 127\.0\.0\.1:8081: restart/);
    const added = refusal(now, plan({ workers: 2, listeners: [...listeners, { name: 'more', port: 9 }] }), 16);
    assert.match(added ?? '', /"more" is new: restart/);
    assert.match(refusal(now, plan({ workers: 2, listeners: [] }), 16) ?? '', /"public" is gone .* restart/);
  });

  test('fewer workers, or more than there is room for, need a restart', () => {
    assert.match(refusal(now, plan({ workers: 1, listeners }), 16) ?? '', /shrink from 2 to 1: restart/);
    assert.match(refusal(now, plan({ workers: 17, listeners }), 16) ?? '', /room for 16: restart/);
  });
});
