import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { tally, type Stream, type Tally } from './report.ts';

type Told = readonly [type: string, data: Record<string, unknown>];

/** What `run` would tell, of files in /r. */
async function tallied(files: readonly string[], told: readonly Told[]): Promise<Tally & { printed: string }> {
  const emitter = new EventEmitter();
  const stream = Object.assign(emitter, {
    async *[Symbol.asyncIterator]() {
      for (const [type, data] of told) {
        emitter.emit(type, data);
        yield await Promise.resolve(data);
      }
    },
  });
  let printed = '';
  const result = await tally(stream as unknown as Stream, '/r', files, (some) => (printed += some));
  return { ...result, printed };
}

const pass = (file: string, type = 'test'): Told => [
  'test:pass',
  { name: 'x', file: '/r/lib.ts', entryFile: `/r/${file}`, details: { type } },
];
const own = (file: string, tests: number): Told => [
  'test:summary',
  { file: `/r/${file}`, duration_ms: 1, counts: { tests, passed: tests, skipped: 0, todo: 0 } },
];
const total = (tests: number): Told => [
  'test:summary',
  { duration_ms: 1, counts: { tests, passed: tests, skipped: 0, todo: 0 } },
];

test('files that tell all their tests have passed; suites are no tests', async () => {
  const told = [pass('a'), pass('b'), pass('b', 'suite'), own('b', 1), own('a', 1), total(2)];
  const { passed, failed, printed } = await tallied(['a', 'b'], told);
  assert.deepEqual({ passed, failed, printed }, { passed: 2, failed: 0, printed: '' });
});

test('a file whose last results are lost has failed, though every result that came is good', async () => {
  const { passed, failed, printed } = await tallied(['a', 'b'], [pass('a'), pass('b'), own('b', 1), total(2)]);
  assert.deepEqual({ passed, failed }, { passed: 2, failed: 1 });
  assert.match(printed, /FAILED a\n.*ended before it had told all results: 1 tests did/);
});

test('so has one that says it had more than came, and one of which nothing came', async () => {
  // The runner counts the silent file itself as one test.
  const { passed, failed, printed } = await tallied(['a', 'b'], [pass('a'), own('a', 2), total(2)]);
  assert.deepEqual({ passed, failed }, { passed: 1, failed: 2 });
  assert.match(printed, /FAILED a\n.*had 2 tests, but the results of 1 arrived/);
  assert.match(printed, /FAILED b\n.*Not one test told its result/);
});

test('a file that the runner calls failed is not counted twice', async () => {
  const error = { cause: 'x', failureType: 'testCodeFailure', exitCode: 1 };
  const { failed, printed } = await tallied(
    ['a'],
    [
      ['test:fail', { name: '/r/a', file: '/r/a', details: { error } }],
      ['test:summary', { duration_ms: 1, counts: { tests: 1, passed: 0, skipped: 0, todo: 0 } }],
    ],
  );
  assert.equal(failed, 1);
  assert.equal(printed.match(/FAILED/g)?.length, 1);
});

test('what a process prints before process.exit arrives whole', async () => {
  const bytes = 4 * 1024 ** 2;
  const code = `process.stdout.write('x'.repeat(${bytes})); process.exit()`;
  const args = ['--import', join(import.meta.dirname, 'whole-output.ts'), '-e', code];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [printed] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  assert.equal(printed.length, bytes);
});
