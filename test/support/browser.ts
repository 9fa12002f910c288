/** A page in a real browser, without anybody to look at it. */
import { spawn } from 'node:child_process';
import type { TestContext } from 'node:test';
import { whereIs } from './needs.ts';
import { temporaryDirectory } from './program.ts';

/** The document as it is after a few seconds of its own time, and what the browser said. */
export function load(t: TestContext, url: string): Promise<{ html: string; said: string }> {
  const flags = [
    '--headless',
    '--disable-gpu',
    '--no-first-run',
    '--enable-logging=stderr',
    '--virtual-time-budget=3000',
  ];
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const profile = `--user-data-dir=${temporaryDirectory(t)}`;
  const child = spawn(whereIs('chromium') ?? 'chromium', [...flags, ...sandbox, profile, '--dump-dom', url]);
  t.after(() => child.kill('SIGKILL'));
  let html = '';
  let said = '';
  child.stdout.on('data', (part: Buffer) => (html += part.toString()));
  child.stderr.on('data', (part: Buffer) => (said += part.toString()));
  return new Promise((resolve) => child.on('close', () => resolve({ html, said })));
}
