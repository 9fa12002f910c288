/**
 * Builds the dashboard when its sources have changed, which is what a checkout needs and an installed package does not: the
 * package holds it built, without what it is built with. Without a build the product runs all the same, with the status page.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const BUILDER = join(import.meta.dirname, '../../../web/build/main.ts');
/** It takes a second or two; a machine that takes this long will not finish. */
const TIME_MAX_MS = 60_000;
/** A reason longer than this is for whoever runs `npm run build`. */
const REASON_LINES_MAX = 12;

export interface DashboardBuild {
  /** Resolves with why it could not be built, as a sentence and some lines; null: it is there. */
  readonly done: Promise<string | null>;
  readonly stop: () => void;
}

export function buildDashboard(): DashboardBuild {
  if (!existsSync(BUILDER)) return { done: Promise.resolve(null), stop: () => {} };
  // In a process of its own: the bundler is large, and nothing of it stays.
  const child = spawn(process.execPath, [BUILDER, '--if-stale'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: TIME_MAX_MS,
  });
  let said = '';
  child.stderr.on('data', (part: Buffer) => {
    if (said.length < 64 * 1024) said += part.toString();
  });
  const done = new Promise<string | null>((resolve) => {
    child.on('error', (error) => resolve(`The dashboard could not be built: ${error.message}`));
    child.on('close', (code) => resolve(code === 0 ? null : reason(said)));
  });
  return { done, stop: () => void child.kill() };
}

function reason(said: string): string {
  const lines = said.trim().split('\n');
  const shown = lines.slice(0, REASON_LINES_MAX).join('\n');
  return shown === '' ? 'The dashboard could not be built: its build was stopped.' : shown;
}
