import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BACKENDS, METRICS, OVERVIEW, STRATEGIES } from '../../../test/support/fixed-admin.ts';
import type { Proposal } from '../change.ts';
import { offered, press, proposed, selectedRow, START, type Dialogue, type Step } from './dialogue.ts';
import { keysOf } from './keys.ts';
import { viewOf } from './view.ts';

const VIEW = viewOf({ atMs: 0, overview: OVERVIEW, metrics: METRICS, backends: BACKENDS }, null);
const PROPOSAL: Proposal = {
  change: { method: 'PATCH', path: 'admin/backends/app/b', body: { state: 'draining' } },
  answer: { revision: 7, dryRun: true, changed: true, diff: ['x: 1 -> 2'], warnings: [], obeyed: true, kept: true },
  etag: '"r7"',
};

function typed(text: string, from: Dialogue = START): Step {
  let step: Step = { dialogue: from, wish: null };
  for (const key of keysOf(text)) step = press(step.dialogue, key, VIEW);
  return step;
}

describe('keys', () => {
  test('the selection moves and stays inside; a backend that is gone gives way to the first', () => {
    assert.equal(selectedRow(START, VIEW)?.backend.id, 'a');
    assert.equal(selectedRow(typed('jj').dialogue, VIEW)?.backend.id, 'c');
    assert.equal(selectedRow(typed('jjjjk').dialogue, VIEW)?.backend.id, 'b');
    assert.equal(selectedRow(typed('k').dialogue, VIEW)?.backend.id, 'a');
    assert.equal(selectedRow({ ...START, selected: 'app\ngone' }, VIEW)?.backend.id, 'a');
  });

  for (const [key, state] of [
    ['d', 'draining'],
    ['m', 'maintenance'],
    ['a', 'active'],
  ] as const) {
    test(`${key} asks what ${state} would do to the selected backend, and changes nothing`, () => {
      const { dialogue, wish } = typed(`j${key}`);
      assert.equal(wish?.kind, 'propose');
      assert.deepEqual(wish.change, { method: 'PATCH', path: 'admin/backends/app/b', body: { state } });
      assert.equal(dialogue.mode.kind, 'busy');
    });
  }

  test('only y carries out what was shown; every other key lets it be', () => {
    const asked = proposed(START, 'Drain app/b', PROPOSAL);
    assert.deepEqual(typed('y', asked).wish, { kind: 'carry out', title: 'Drain app/b', proposal: PROPOSAL });
    for (const key of ['n', '\r', '\u001b', 'q', 'd', ' ']) {
      const { dialogue, wish } = typed(key, asked);
      assert.equal(wish, null, key);
      assert.deepEqual(dialogue.mode, { kind: 'browse' });
      assert.equal(dialogue.said.text, 'Nothing was changed.');
    }
  });

  test('what would change nothing is not asked about', () => {
    const same = { ...PROPOSAL, answer: { ...PROPOSAL.answer, changed: false, diff: [] } };
    assert.deepEqual(proposed(START, 'Drain app/b', same).mode, { kind: 'browse' });
  });

  test('a weight is typed, mended and sent', () => {
    const { wish } = typed('w12\u007f.x5\r');
    assert.ok(wish?.kind === 'propose');
    assert.deepEqual(wish.change.body, { weight: 1.5 });
    assert.deepEqual(typed('w3\u001b').dialogue.mode, { kind: 'browse' });
    const empty = typed('w\r');
    assert.equal(empty.wish, null);
    assert.ok(empty.dialogue.said.bad);
  });

  test('a strategy is chosen from those there are, beginning at the one in force', () => {
    assert.deepEqual(typed('s').wish, { kind: 'strategies', pool: 'app' });
    const menu = offered(START, 'app', STRATEGIES.available, 'adaptive');
    const { wish } = typed('jjjj\r', menu);
    assert.ok(wish?.kind === 'propose');
    assert.deepEqual(wish.change.body, { pool: 'app', strategy: 'least-connections' });
  });

  test('u asks what going back would do; q and Ctrl-C leave, Ctrl-C from anywhere', () => {
    const { wish } = typed('u');
    assert.ok(wish?.kind === 'propose');
    assert.equal(wish.change.path, 'admin/config/rollback');
    assert.deepEqual(typed('q').wish, { kind: 'quit' });
    assert.deepEqual(typed('w\u0003').wish, { kind: 'quit' });
    assert.deepEqual(typed('\u0003', typed('d').dialogue).wish, { kind: 'quit' });
  });

  test('while something is under way, nothing else begins', () => {
    const busy = typed('d').dialogue;
    assert.deepEqual(typed('d', busy), { dialogue: busy, wish: null });
  });
});
