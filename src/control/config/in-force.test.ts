import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from './load.ts';
import { formatProblem } from './problem.ts';

const pool = (...lines: string[]): string =>
  `pools:\n  app:\n    backends: ["http://a:1"]\n${lines.map((line) => `    ${line}\n`).join('')}`;
const POOL = pool();

/** The part of a note that names keys. */
const noted = (text: string): string[] =>
  loadConfig(text, 'f', {}).notes.map((note) => note.split(': not in force')[0]);

test('what is on by default and not done is noted', () => {
  const { notes, problems } = loadConfig(POOL, 'f', {});
  assert.deepEqual(problems, []);
  assert.deepEqual(noted(POOL), ['listeners[0].http2']);
  assert.ok(
    notes.includes('listeners[0].http2: not in force in this version: HTTP/2 is not spoken; clients use HTTP/1.1'),
  );
});

test('what is turned off is not noted', () => {
  const quiet = `${POOL}listeners: [{ http2: false }]
`;
  assert.deepEqual(noted(quiet), []);
});

test('notes of many places are one line', () => {
  const listeners = Array.from({ length: 5 }, (_, at) => `{ name: l${at}, address: "127.0.0.1:${8000 + at}" }`).join();
  assert.deepEqual(noted(`${POOL}listeners: [${listeners}]\n`), [
    'listeners[0].http2, listeners[1].http2, listeners[2].http2 and 2 more',
  ]);
});

test('what would be unsafe to leave undone is refused at its key', () => {
  const cases: [text: string, line: string][] = [
    [
      `${POOL}engine: io_uring`,
      'f:4:1: engine: the io_uring engine is not part of this version; write `auto` or `net`',
    ],
    [
      `${POOL}listeners: [{ http2: true }]`,
      'f:4:15: listeners[0].http2: HTTP/2 is not part of this version; leave it out or write `false`',
    ],
    [`${POOL}routes: [{ name: a, pool: app, mirror: { pool: app } }]`, 'f:4:32: routes[0].mirror: '],
    [pool('health: { grpc: true }'), 'f:4:15: pools.app.health.grpc: '],
    [pool('http2: true'), 'f:4:5: pools.app.http2: '],
    [pool('sticky: {}'), 'f:4:5: pools.app.sticky: '],
  ];
  for (const [text, line] of cases) {
    const { config, problems, notes } = loadConfig(text, 'f', {});
    assert.equal(config, null, text);
    assert.equal(problems.length, 1, text);
    assert.ok(formatProblem(problems[0]).startsWith(line), formatProblem(problems[0]));
    assert.deepEqual(notes, []);
  }
});
