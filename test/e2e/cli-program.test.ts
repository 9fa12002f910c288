/** The program as a whole: what is declared for a command, slips of the keyboard, exit codes, completion. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { programWith } from '#cli/program.ts';
import { runCommand } from '../support/command-run.ts';
import { need } from '../support/needs.ts';
import { Program, temporaryDirectory } from '../support/program.ts';

const IO = { stdout: () => {}, stderr: () => {}, env: {}, cwd: '.' };

describe('commands', () => {
  test('only the one that is asked for is declared; all are when it is none', async () => {
    const names = async (name: string | null) => (await programWith(name, IO)).commands.map((one) => one.name());
    assert.deepEqual(await names('run'), ['run']);
    assert.ok((await names('rum')).length > 8);
    assert.deepEqual(await names('constructor'), await names(null));
  });

  for (const [args, says] of [
    [['bakends'], /unknown command 'bakends'\n\(Did you mean backends\?\)/],
    [['backends', 'drian', 'app', 'a'], /unknown command 'drian'; did you mean `drain`\?/],
    [['config', 'aply'], /unknown command 'aply'\n\(Did you mean apply\?\)/],
    [['backends', '--jsn'], /unknown option '--jsn'\n\(Did you mean --json\?\)/],
    [['backends', 'drain', 'app'], /missing required argument 'id'/],
    [['backends', 'weight', 'app', 'a', '-1'], /It must be a number, 0 or more/],
    [['backends', 'weight', 'app', 'a', 'much'], /It must be a number, 0 or more/],
    [['token', 'create', 'x', '--role', 'root'], /Allowed choices are viewer, operator/],
    [['completion', 'csh'], /Allowed choices are bash, zsh, fish/],
    [['config'], /Usage: edgebalancer config/],
    [[], /Usage: edgebalancer/],
  ] as const) {
    test(`used as they cannot be: ${args.join(' ')}`, async () => {
      const { code, out, err } = await runCommand(args);
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, says);
    });
  }

  test('help and version are no failure', async () => {
    for (const args of [['--help'], ['--version'], ['help', 'backends'], ['config', 'diff', '-h']]) {
      const { code, err } = await runCommand(args);
      assert.deepEqual([code, err], [0, ''], args.join(' '));
    }
  });

  test('a process ends with the code, and a change without a terminal is refused', async (t) => {
    const slip = new Program(t, ['bakends']);
    assert.equal(await slip.end(), 2);
    const nobody = new Program(t, ['backends', '--admin', 'http://127.0.0.1:1']);
    assert.equal(await nobody.end(), 1);
    assert.match(nobody.stderr, /^No answer from /);
  });
});

/** Completions of `line`, whose last word is being written, in a real shell. */
function inBash(script: string, line: string, cwd: string): string[] {
  const words = line.split(' ');
  const program = `${script}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})
COMP_CWORD=${words.length - 1}
_edgebalancer
printf '%s\\n' "\${COMPREPLY[@]}"
compgen -v | grep -x 'commands\\|flags\\|valued' && echo LEAKED`;
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', program], { cwd, encoding: 'utf8' });
  assert.equal(stderr, '');
  return stdout
    .split('\n')
    .filter((word) => word !== '')
    .toSorted();
}

describe('completion', () => {
  test('bash: commands, those below them, options, values, files', async (t) => {
    const { out: script, code } = await runCommand(['completion', 'bash']);
    assert.equal(code, 0);
    const cwd = temporaryDirectory(t);
    writeFileSync(join(cwd, 'edge balancer.yaml'), '');
    mkdirSync(join(cwd, 'edges'));
    const after = (line: string): string[] => inBash(script, line, cwd);
    const names = (await programWith(null, IO)).commands.map((one) => one.name());
    assert.deepEqual(after('edgebalancer '), [...names, 'help'].toSorted());
    assert.deepEqual(after('edgebalancer ba'), ['backends']);
    assert.deepEqual(after('edgebalancer backends d'), ['drain']);
    assert.deepEqual(after('edgebalancer --version backends --admin drain re'), ['remove']);
    assert.deepEqual(after('edgebalancer backends drain app a --dr'), ['--dry-run']);
    assert.deepEqual(after('edgebalancer backends drain app a '), []);
    assert.deepEqual(after('edgebalancer token create x --role op'), ['operator']);
    assert.deepEqual(after('edgebalancer completion '), ['bash', 'fish', 'zsh']);
    assert.deepEqual(after('edgebalancer config apply ed'), ['edge balancer.yaml', 'edges']);
    assert.deepEqual(after('edgebalancer backends --token-file edge'), ['edge balancer.yaml', 'edges']);
    assert.deepEqual(after('edgebalancer token list --state ed'), ['edges']);
    assert.deepEqual(after('edgebalancer backends --token'), ['--token-file']);
  });

  test('zsh: the script is one', { skip: need('zsh') }, async () => {
    const { out } = await runCommand(['completion', 'zsh']);
    const { status, stderr } = spawnSync('zsh', ['-f', '-n', '-c', out], { encoding: 'utf8' });
    assert.deepEqual([status, stderr], [0, '']);
  });

  test('fish: commands and values', { skip: need('fish') }, async () => {
    const { out } = await runCommand(['completion', 'fish']);
    const complete = (line: string): string[] => {
      const program = `${out}\ncomplete -C '${line}'`;
      const { stdout, stderr } = spawnSync('fish', ['--no-config', '-c', program], { encoding: 'utf8' });
      assert.equal(stderr, '');
      return stdout
        .trimEnd()
        .split('\n')
        .map((found) => found.split('\t', 1)[0] as string);
    };
    assert.deepEqual(complete('edgebalancer backends d'), ['drain']);
    assert.deepEqual(complete('edgebalancer token create x --role op'), ['operator']);
  });

  test('every command and every option that help shows is in every script', async () => {
    const { nodesOf } = await import('#cli/completion/tree.ts');
    const nodes = nodesOf(await programWith(null, IO));
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { out } = await runCommand(['completion', shell]);
      for (const { path, commands, flags } of nodes) {
        for (const { name } of commands) assert.ok(out.includes(name), `${shell}: ${path} ${name}`);
        for (const name of flags.flatMap((flag) => flag.names)) {
          const written = shell === 'fish' ? name.replace(/^-+/, '') : name;
          assert.ok(out.includes(written), `${shell}: ${path} ${name}`);
        }
      }
    }
  });
});
