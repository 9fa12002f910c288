/** Ways in which commands met a closed pipe, a full disk or another server, and did not say so. Each test is named after one. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { runCommand } from '../support/command-run.ts';
import { fixedAdmin } from '../support/fixed-admin.ts';
import { temporaryDirectory } from '../support/program.ts';

const BIN = join(import.meta.dirname, '../../bin/edgebalancer.js');

/** Its exit code and what it said on standard error. Whoever reads a pipe goes away after the first bytes. */
function runProcess(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  stdout: 'pipe' | number,
): Promise<{ code: number | null; err: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [BIN, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', stdout, 'pipe'],
      // Whoever does not end by itself is ended, and its code is then null.
      timeout: 20_000,
      killSignal: 'SIGKILL',
    });
    let err = '';
    child.stderr?.on('data', (part: Buffer) => (err += part.toString()));
    child.stdout?.once('data', () => child.stdout?.destroy());
    child.on('close', (code) => resolve({ code, err }));
  });
}

describe('another server than an admin API', () => {
  for (const [body, says] of [
    ['7101', /does not answer as an admin API does/],
    ['null', /does not answer as an admin API does/],
    ['{"hello":"world"}', /does not answer as an admin API does/],
    ['<html>', /did not answer with JSON/],
  ] as const) {
    test(`that answers ${body} is told in a sentence, and no stack`, async (t) => {
      const { url } = await fixedAdmin(t, () => ({ status: 200, body }));
      for (const args of [
        ['backends'],
        ['strategy'],
        ['top', '--once'],
        ['config', 'revisions'],
        ['token', 'list'],
        ['cost'],
      ]) {
        const { code, out, err } = await runCommand([...args, '--admin', url]);
        assert.deepEqual([code, out], [1, ''], args.join(' '));
        assert.match(err, says);
        assert.doesNotMatch(err, /TypeError|\n {4}at /);
      }
    });
  }

  test('that speaks no TLS is told so, without the words of a library', async (t) => {
    const { url } = await fixedAdmin(t);
    const { code, err } = await runCommand(['backends', '--admin', url.replace('http:', 'https:')]);
    assert.equal(code, 1);
    assert.match(
      err,
      /^No answer from https:\S+: it speaks no TLS; write http:\/\/\. Is edgebalancer running there\?.*\n$/,
    );
  });
});

describe('standard output', () => {
  test('is closed: a watch ends, since nobody looks any more', async (t) => {
    const { url } = await fixedAdmin(t);
    const args = ['backends', '--watch', '0.1', '--admin', url];
    assert.deepEqual(await runProcess(args, {}, 'pipe'), { code: 0, err: '' });
  });

  test(
    'cannot be written: what is not there does not look as if it were',
    { skip: !existsSync('/dev/full') && 'this system has no /dev/full' },
    async (t) => {
      const { url } = await fixedAdmin(t);
      const { code, err } = await runProcess(['config', 'show', '--admin', url], {}, openSync('/dev/full', 'w'));
      assert.equal(code, 1);
      assert.match(err, /^Standard output cannot be written: ENOSPC/);
    },
  );
});

test('a directory in place of a file is told as such', async (t) => {
  const { url } = await fixedAdmin(t);
  const { code, err } = await runCommand(['config', 'diff', temporaryDirectory(t), '--admin', url]);
  assert.equal(code, 1);
  assert.match(err, /: is a directory; name the file in it\n$/);
});

test('what a strategy hashes is shown as --set takes it', async (t) => {
  const strategies = {
    pools: { app: { name: 'consistent-hash', params: { balanceFactor: 1.25 }, on: { header: 'x-user' } } },
    available: [{ name: 'consistent-hash', summary: 'S.', bestWhen: 'B.', params: [], on: 'client-ip' }],
  };
  const { url } = await fixedAdmin(t, () => ({ status: 200, body: strategies }));
  const all = await runCommand(['strategy', '--admin', url]);
  assert.match(all.out, /^app {3}consistent-hash {2}balanceFactor=1\.25 on=header:x-user$/m);
  assert.match(all.out, /on \(client-ip, path, target, host, header:NAME,[^)]*else\s+client-ip\): What it\s+hashes\./);
  assert.match(
    (await runCommand(['strategy', 'app', '--admin', url])).out,
    /^ {2}on +header:x-user {2}client-ip, path/m,
  );
});
