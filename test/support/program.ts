/** The product as a process of its own, with a temporary directory that shows what it leaves behind. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { until } from './until.ts';

const BIN = join(import.meta.dirname, '../../bin/edgebalancer.js');

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
  constructor(t: Pick<TestContext, 'after'>, args: readonly string[], nodeArgs: readonly string[] = []) {
    this.directory = temporaryDirectory(t);
    const env = { ...process.env, TMPDIR: this.directory };
    this.child = spawn(process.execPath, [...nodeArgs, BIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
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
