import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import type { BackendEntry } from '#contract/admin.ts';
import { BACKENDS, METRICS, OVERVIEW, STRATEGIES } from '../../../test/support/fixed-admin.ts';
import { widthOf } from '../harmless.ts';
import { failed, offered, proposed, START, type Dialogue } from './dialogue.ts';
import { frameLines } from './frame.ts';
import { viewOf, type View } from './view.ts';

const PLACE = 'http://127.0.0.1:9090';

function viewWith(backends: readonly BackendEntry[]): View {
  const [pool] = BACKENDS.pools;
  return viewOf({ atMs: 0, overview: OVERVIEW, metrics: METRICS, backends: { pools: [{ ...pool!, backends }] } }, null);
}
const ENTRIES = BACKENDS.pools[0]!.backends;
const VIEW = viewWith(ENTRIES);

function lines(dialogue: Dialogue, columns: number, rows: number, colour = false, view: View = VIEW): string[] {
  return frameLines({ view, lost: '', dialogue, place: PLACE }, { columns, rows }, colour);
}

const PROPOSED = proposed(START, 'Drain app/b', {
  change: { method: 'PATCH', path: 'admin/backends/app/b', body: {} },
  answer: {
    revision: 7,
    dryRun: true,
    changed: true,
    diff: Array.from({ length: 40 }, (_, at) => `k${at}: 1 -> 2`),
    warnings: ['w'],
    obeyed: true,
    kept: true,
  },
  etag: undefined,
});
const DIALOGUES: readonly Dialogue[] = [
  START,
  { ...START, mode: { kind: 'help' } },
  PROPOSED,
  offered(START, 'app', STRATEGIES.available, 'adaptive'),
  failed(START, 'a long sentence that says why it could not be done, '.repeat(5)),
];

describe('a frame', () => {
  test('at 80 columns: head, table and keys', () => {
    assert.deepEqual(
      lines({ ...START, selected: 'app\nb' }, 80, 24).map((line) => line.trimEnd()),
      [
        'edgebalancer 0.1.0  up 1d 2h  revision 7  backends 2/3 up  ≠ file (live changes…',
        '-/s  in flight 5  p50 11.4ms  p99 52.3ms  errors -/s  retries -/s',
        '',
        '  BACKEND  STATE         CIRC      WT   IN   RATE SHARE     P50     P99 PROBE',
        'app  adaptive',
        '  a        ● healthy     closed     1    3      -   61%  11.2ms  44.1ms ✓ 1.2ms',
        '▸ b        ● healthy     closed  0.5↗    2      -   39%  11.2ms  44.1ms ✓ 1.2ms',
        '  c        ✗ unhealthy   OPEN       1    0      -    0%  15.0ms  2105ms ✗ 503',
        '',
        '↑↓ select  d drain  m maint.  a activate  w weight  s strategy  u undo  ? q quit',
      ],
    );
  });

  test('what would change is shown with the question, and a long difference is cut', () => {
    const shown = lines(PROPOSED, 80, 24);
    assert.deepEqual(shown.slice(-4), [
      '  k4: 1 -> 2',
      '  … and 35 more',
      '  warning: w',
      'Drain app/b? y does it, any other key does not.',
    ]);
  });

  test('the selected backend stays in sight, however small the terminal', () => {
    const many = Array.from({ length: 200 }, (_, at) => ({ ...ENTRIES[0]!, id: `b${at}` }));
    const shown = lines({ ...START, selected: 'app\nb150' }, 80, 12, false, viewWith(many));
    assert.ok(shown.some((line) => line.startsWith('▸ b150')));
    assert.ok(shown.length <= 12);
  });

  test('no more lines than rows, none wider than the terminal, in every mode, with and without colour', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom(...DIALOGUES),
        fc.boolean(),
        fc.array(fc.string({ unit: 'binary', maxLength: 60 }), { maxLength: 5 }),
        (columns, rows, dialogue, colour, ids) => {
          const view = viewWith(ids.map((id, at) => ({ ...ENTRIES[at % ENTRIES.length]!, id })));
          const shown = lines(dialogue, columns, rows, colour, view);
          assert.ok(shown.length <= rows, `${shown.length} lines in ${rows} rows`);
          for (const line of shown) {
            const plain = stripVTControlCharacters(line);
            assert.ok(widthOf(plain) <= columns, `${widthOf(plain)} in ${columns}: ${JSON.stringify(line)}`);
            assert.ok(!/[\u0000-\u001f\u007f-\u009f]/.test(plain), JSON.stringify(line));
            if (!colour) assert.equal(plain, line);
          }
        },
      ),
    );
  });

  test('a name that holds escape sequences moves nothing', () => {
    const [line] = lines(START, 80, 24, true, viewWith([{ ...ENTRIES[0]!, id: '\u001b[2J\u001b]0;x\u0007' }])).slice(5);
    assert.ok(!line!.includes('\u001b[2J') && !line!.includes('\u001b]') && !line!.includes('\u0007'));
  });

  test('before the first answer, and when the newest look failed', () => {
    const frame = { view: null, lost: '', dialogue: START, place: PLACE };
    assert.ok(frameLines(frame, { columns: 80, rows: 24 }, false).includes('Waiting for the first answer …'));
    const lost = frameLines(
      { ...frame, view: VIEW, lost: 'No answer from x: y.\nz' },
      { columns: 80, rows: 24 },
      false,
    );
    assert.ok(lost.includes('✗ No answer from x: y.'));
    assert.ok(lost.some((line) => line.includes('● healthy')));
  });
});
