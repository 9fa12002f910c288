/** A real pseudo terminal around a command, by `script` of util-linux: keys go in, and what is drawn comes out. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { whereIs } from './needs.ts';
import { temporaryDirectory } from './program.ts';
import { until } from './until.ts';

export const BIN = join(import.meta.dirname, '../../bin/edgebalancer.js');
/** For a test's `skip` option. `script` of other systems takes other arguments. */
export const TERMINAL_SKIP: false | string =
  process.platform === 'linux' && whereIs('script') !== null ? false : 'needs script of util-linux';

export class Terminal {
  text = '';
  ended: number | null = null;
  readonly child: ChildProcess;

  /** Runs a shell's `command` in a terminal of 80 columns and 24 rows, which says its modes before and after. */
  constructor(t: TestContext, command: string, env: Readonly<Record<string, string>>) {
    const shell = `stty rows 24 cols 80; echo "BEFORE $(stty -g)"; ${command}; echo "CODE $?"; echo "AFTER $(stty -g)"`;
    const typescript = join(temporaryDirectory(t), 'typescript');
    this.child = spawn('script', ['-q', '-e', '-c', shell, typescript], {
      env: { ...process.env, TERM: 'xterm', SHELL: '/bin/sh', ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.child.stdout?.on('data', (part: Buffer) => (this.text += part.toString()));
    this.child.on('close', (code) => (this.ended = code ?? -1));
    t.after(() => this.child.kill('SIGKILL'));
  }

  press(keys: string): void {
    this.child.stdin?.write(keys);
  }

  /** Waits until the newest frame, or what came after it, has this in it. */
  shows(pattern: RegExp): Promise<true> {
    return until(`${pattern} on the screen`, () => {
      const frame = stripVTControlCharacters(this.text.slice(Math.max(0, this.text.lastIndexOf('\u001b[H'))));
      if (pattern.test(frame)) return true as const;
      if (this.ended !== null) throw new Error(`it ended: ${this.text}`);
      return null;
    });
  }

  /** Waits for the end. The terminal must be as it was. Resolves with the exit code. */
  async end(): Promise<number> {
    await until('the terminal to end', () => this.ended !== null);
    const { text } = this;
    const modes = (when: string): string | undefined => new RegExp(`${when} ([0-9a-f:]+)`).exec(text)?.[1];
    assert.ok(modes('BEFORE') !== undefined && modes('BEFORE') === modes('AFTER'), 'modes of the terminal');
    assert.equal(
      text.split('\u001b[?1049h').length,
      text.split('\u001b[?1049l').length,
      'the alternate screen is left',
    );
    assert.ok(text.lastIndexOf('\u001b[?25h') >= text.lastIndexOf('\u001b[?25l'), 'the cursor is shown');
    return Number(/CODE (\d+)/.exec(text)?.[1]);
  }
}
