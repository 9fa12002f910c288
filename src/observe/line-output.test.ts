import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../../test/support/program.ts';
import { OutputError, PIECE_BYTES_MAX, closeOutput, openOutput } from './line-output.ts';

test('a file is made, appended to, and written as it comes', (t) => {
  const path = join(temporaryDirectory(t), 'log');
  for (const text of ['one\n', 'two\n']) {
    const output = openOutput(path);
    assert.deepEqual([output.instant, output.pieceBytes, output.own], [false, 0, true]);
    writeSync(output.fd, text);
    closeOutput(output);
  }
  assert.equal(readFileSync(path, 'utf8'), 'one\ntwo\n');
});

test('what cannot be opened is refused in a sentence that says what would be right', (t) => {
  const directory = temporaryDirectory(t);
  const fifo = join(directory, 'fifo');
  execFileSync('mkfifo', [fifo]);
  writeFileSync(join(directory, 'file'), '');
  const cases: [to: string, says: RegExp][] = [
    [join(directory, 'missing/log'), /the directory .*\/missing does not exist; create it\.$/],
    [directory, /it is a directory; name a file in it\.$/],
    [join(directory, 'file/log'), /\/file is not a directory\.$/],
    [fifo, /nobody reads from it; start the reader first\.$/],
  ];
  for (const [to, says] of cases) {
    assert.throws(
      () => openOutput(to),
      (error) =>
        error instanceof OutputError &&
        error.message.startsWith(`${to} cannot be written to: `) &&
        says.test(error.message),
    );
  }
});

/** How `-` is opened in a process whose standard output is what `redirect` says. */
function standard(redirect: string): { fd: number; own: boolean; instant: boolean; pieceBytes: number } {
  const script = `
    import { openOutput } from ${JSON.stringify(new URL('./line-output.ts', import.meta.url).href)};
    process.stdout.isTTY;
    process.stderr.write(JSON.stringify(openOutput('-')));`;
  const command = `"$0" --input-type=module -e "$1" ${redirect}`;
  const { stderr } = spawnSync('sh', ['-c', command, process.execPath, script], { encoding: 'utf8' });
  return JSON.parse(stderr) as ReturnType<typeof standard>;
}

test('standard output is opened anew where that is safe, and never makes anybody wait', (t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(join(directory, 'x'));
  // A description of its own would overwrite what others write through this one.
  assert.deepEqual(standard(`> ${directory}/x/out`), { fd: 1, own: false, instant: false, pieceBytes: 0 });
  for (const redirect of ['| cat', '> /dev/null']) {
    const { fd, own, instant, pieceBytes } = standard(redirect);
    assert.ok(fd > 2, redirect);
    assert.deepEqual([own, instant, pieceBytes], [true, true, PIECE_BYTES_MAX], redirect);
  }
  // What Node gives its children is a socket, which has no name to be opened by.
  assert.deepEqual(standard(''), { fd: 1, own: false, instant: true, pieceBytes: PIECE_BYTES_MAX });
});
