/** The product as a process of its own, with a temporary directory that shows what it leaves behind. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { until } from './until.ts';

const BIN = join(import.meta.dirname, '../../bin/edgebalancer.js');

export interface ProgramOptions {
  readonly nodeArgs?: readonly string[];
  /** Starts it as npm does: below a shell, which is what signals reach. */
  readonly npm?: boolean;
  /** Variables of the environment beside this process's own. */
  readonly env?: Readonly<Record<string, string>>;
}

/** With a token of its own a program has none to make and show. */
export const PROGRAM_TOKEN = 'the-token-of-programs-in-tests';

/** A new directory that goes when the test is over. */
export function temporaryDirectory(t: Pick<TestContext, 'after'>): string {
  const directory = mkdtempSync(join(tmpdir(), 'eb-test-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export class Program {
  stdout = '';
  stderr = '';
  /** Exit code, or the signal that ended it; null while it runs. */
  ended: number | NodeJS.Signals | null = null;
  readonly directory: string;
  readonly child: ChildProcess;

  /** Starts `edgebalancer ARGS`; killed when the test is over. */
  constructor(t: Pick<TestContext, 'after'>, args: readonly string[], options: ProgramOptions = {}) {
    this.directory = temporaryDirectory(t);
    const { nodeArgs = [], npm = false } = options;
    const command = [process.execPath, ...nodeArgs, BIN, ...args];
    // The shell stays, since something follows; what it started holds the pipes, so 'close' comes when both are gone.
    const [file, ...rest] = npm ? ['sh', '-c', '"$0" "$@"; exit $?', ...command] : command;
    const env = {
      ...process.env,
      EDGEBALANCER_ADMIN_TOKEN: PROGRAM_TOKEN,
      TMPDIR: this.directory,
      ...(npm && { npm_lifecycle_event: 'start' }),
      ...options.env,
    };
    this.child = spawn(file as string, rest, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.on('data', (part: Buffer) => (this.stdout += part.toString()));
    this.child.stderr?.on('data', (part: Buffer) => (this.stderr += part.toString()));
    this.child.on('close', (code, signal) => (this.ended = signal ?? code));
    t.after(async () => {
      this.child.kill('SIGKILL');
      await this.end();
    });
  }

  /** Waits until its standard output matches. */
  says(pattern: RegExp): Promise<RegExpExecArray> {
    return until(`the program to say ${pattern}`, () => {
      const match = pattern.exec(this.stdout);
      if (match === null && this.ended !== null)
        throw new Error(`it ended with ${this.ended}: ${this.stdout}${this.stderr}`);
      return match;
    });
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Waits for its end. */
  end(): Promise<number | string> {
    return until('the program to end', () => (this.ended === null ? null : { ended: this.ended })).then(
      ({ ended }) => ended,
    );
  }

  /** What lies in its temporary directory now. */
  leftovers(): string[] {
    return readdirSync(this.directory);
  }
}
