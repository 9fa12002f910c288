import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../../test/support/program.ts';
import { until } from '../../test/support/until.ts';
import { standardLines } from './standard-lines.ts';

test('a line is out before the next is said', (t) => {
  const path = join(temporaryDirectory(t), 'log');
  const lines = standardLines(path);
  for (const line of ['one\n', 'zwei: ü\n']) {
    lines.write(line);
    assert.ok(readFileSync(path, 'utf8').endsWith(line));
  }
});

test('a reader that sleeps is not waited for; what it missed is told of when it wakes', async (t) => {
  const path = join(temporaryDirectory(t), 'fifo');
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  t.after(() => closeSync(reader));
  const lines = standardLines(path);
  for (let i = 0; i < 3000; i++) lines.write(`{"msg":"${i} ${'x'.repeat(1000)}"}\n`);
  const part = Buffer.alloc(65_536);
  let text = '';
  let dropped = 0;
  await until('every line to be read or told of', () => {
    try {
      text += part.toString('latin1', 0, readSync(reader, part));
    } catch {
      // Nothing there yet.
    }
    const whole = text.slice(0, text.lastIndexOf('\n'));
    const told = whole.split('\n').map((line) => (JSON.parse(line) as { dropped?: number }).dropped ?? 0);
    dropped = told.reduce((sum, lost) => sum + lost, 0);
    return told.filter((lost) => lost === 0).length + dropped === 3000;
  });
  assert.ok(dropped > 1000);
});

test('a line longer than a piece is written all the same', (t) => {
  const path = join(temporaryDirectory(t), 'fifo');
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  t.after(() => closeSync(reader));
  const lines = standardLines(path);
  const text = `${'a'.repeat(10_000)}\n`;
  lines.write('short\n');
  lines.write(text);
  lines.write('short\n');
  const part = Buffer.alloc(65_536);
  assert.equal(part.toString('latin1', 0, readSync(reader, part)), `short\n${text}short\n`);
});
