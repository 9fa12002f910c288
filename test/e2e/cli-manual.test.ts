/** docs/cli.md shows what the commands say: every block is run, and every command is in it. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { Command } from 'commander';
import { programWith } from '#cli/program.ts';
import { runCommand } from '../support/command-run.ts';
import { fixedAdmin } from '../support/fixed-admin.ts';

const MANUAL = join(import.meta.dirname, '../../docs/cli.md');
const cwd = mkdtempSync(join(tmpdir(), 'cli-manual-'));
after(() => rmSync(cwd, { recursive: true }));
writeFileSync(join(cwd, 'edgebalancer.yaml'), 'pools: { app: { backends: ["http://10.0.0.1:3000"] } }\n');

interface Block {
  readonly line: number;
  readonly command: string;
  readonly output: string;
}

/** Blocks marked `console`: one command behind `$ `, and what it says. */
function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```console\n\$ (.*)\n([^]*?)^```$/gm)].map(
    ({ 1: command = '', 2: output = '', index }) => ({
      line: markdown.slice(0, index).split('\n').length,
      command,
      output,
    }),
  );
}

const blocks = blocksOf(readFileSync(MANUAL, 'utf8'));

describe('docs/cli.md', () => {
  for (const { line, command, output } of blocks) {
    test(`line ${line}: ${command}`, async (t) => {
      const { url } = await fixedAdmin(t);
      const [program, ...args] = command.split(' ');
      assert.equal(program, 'edgebalancer');
      const env = { EDGEBALANCER_ADMIN: url, EDGEBALANCER_TOKEN: 'eb_token' };
      const { both } = await runCommand(args, { env, cwd, answers: ['y'] });
      const shown = both
        .split('\n')
        .map((text) => text.trimEnd())
        .join('\n');
      assert.equal(shown.replaceAll(url, 'http://127.0.0.1:9090'), output);
    });
  }

  test('every command is there, with its help', async () => {
    const program = await programWith(null, { stdout: () => {}, stderr: () => {}, env: {}, cwd });
    const pathsOf = (command: Command, before: string): string[] =>
      command.commands.flatMap((one) => {
        const path = `${before} ${one.name()}`;
        return [path, ...pathsOf(one, path)];
      });
    const shown = new Set(blocks.map(({ command }) => command));
    const missing = ['edgebalancer', ...pathsOf(program, 'edgebalancer')].filter(
      (path) => !shown.has(`${path} --help`),
    );
    assert.deepEqual(missing, []);
  });
});
