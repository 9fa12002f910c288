import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { OperatorError } from './operator-error.ts';
import { RowAllocator } from './row-allocator.ts';

function allocator({ capacity = 4, first = 0, busy = new Set<number>() } = {}) {
  const reused: number[] = [];
  const rows = new RowAllocator({
    first,
    capacity,
    what: 'backends',
    isIdle: (row) => !busy.has(row),
    onReuse: (row) => reused.push(row),
  });
  /** Puts these names in force; returns their rows. */
  const publish = (names: string[], revision: number, obeyed = revision - 1): number[] => {
    const draft = rows.draft(obeyed);
    const given = names.map((name) => draft.assign(name));
    rows.commit(draft, revision);
    return given;
  };
  return { rows, reused, publish };
}

describe('row allocator', () => {
  test('a name keeps its row over plans, whatever comes and goes around it', () => {
    const { publish } = allocator();
    assert.deepEqual(publish(['a', 'b'], 1), [0, 1]);
    assert.deepEqual(publish(['c', 'b'], 2), [2, 1]);
    assert.deepEqual(publish(['b', 'c', 'd'], 3), [1, 2, 3]);
  });

  test('rows below the first are never given out', () => {
    const { publish } = allocator({ first: 1 });
    assert.deepEqual(publish(['a', 'b', 'c'], 1), [1, 2, 3]);
    assert.throws(() => publish(['a', 'b', 'c', 'd'], 2), /room for 3 backends/);
  });

  test('a name that comes back while its row rests gets it back, with what it held', () => {
    const { publish, reused } = allocator();
    publish(['a', 'b'], 1);
    publish(['b'], 2);
    assert.deepEqual(publish(['a', 'b'], 3), [0, 1]);
    assert.deepEqual(reused, []);
  });

  test('a row is not given to another name while a worker may still obey a plan that names the old one', () => {
    const { publish, reused } = allocator({ capacity: 2 });
    publish(['a', 'b'], 1);
    publish(['b'], 2);
    assert.throws(() => publish(['b', 'c'], 3, 1), OperatorError);
    assert.deepEqual(publish(['b', 'c'], 3, 2), [1, 0]);
    assert.deepEqual(reused, [0]);
  });

  test('nor while something is still in flight there', () => {
    const busy = new Set([0]);
    const { publish, reused } = allocator({ capacity: 2, busy });
    publish(['a', 'b'], 1);
    publish(['b'], 2);
    assert.throws(() => publish(['b', 'c'], 3), OperatorError);
    busy.clear();
    assert.deepEqual(publish(['b', 'c'], 3), [1, 0]);
    assert.deepEqual(reused, [0]);
  });

  test('a draft that is not committed changes nothing', () => {
    const { rows, publish } = allocator({ capacity: 2 });
    publish(['a'], 1);
    const draft = rows.draft(1);
    assert.equal(draft.assign('x'), 1);
    assert.deepEqual(publish(['a', 'b'], 2), [0, 1]);
    assert.equal(rows.rowOf('x'), undefined);
  });

  test('commit tells which names are new', () => {
    const { rows } = allocator();
    const first = rows.draft(0);
    first.assign('a');
    assert.deepEqual(rows.commit(first, 1), ['a']);
    const second = rows.draft(1);
    second.assign('b');
    second.assign('a');
    assert.deepEqual(rows.commit(second, 2), ['b']);
  });

  test('in any history no row has two names, and a kept name keeps its row', () => {
    const names = fc.subarray(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
    const step = fc.record({ names, lag: fc.integer({ min: 0, max: 3 }), busy: fc.subarray([0, 1, 2, 3, 4, 5]) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const busy = new Set<number>();
        const { rows, publish } = allocator({ capacity: 6, busy });
        let before = new Map<string, number>();
        steps.forEach(({ names: wanted, lag, busy: now }, at) => {
          busy.clear();
          for (const row of now) busy.add(row);
          try {
            publish(wanted, at + 1, at - lag);
          } catch (error) {
            assert.ok(error instanceof OperatorError);
            for (const [name, row] of before) assert.equal(rows.rowOf(name), row);
            return;
          }
          const after = new Map(wanted.map((name) => [name, rows.rowOf(name) as number]));
          assert.equal(new Set(after.values()).size, wanted.length);
          for (const [name, row] of after) if (before.has(name)) assert.equal(row, before.get(name));
          before = after;
        });
      }),
      { verbose: true },
    );
  });
});
