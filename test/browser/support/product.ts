/** The real product with the dashboard built from the source as it is, for tests to open in a browser. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Program } from '../../support/program.ts';

const BUILDER = join(import.meta.dirname, '../../../web/build/main.ts');

/** Builds the dashboard when its sources have changed. Several files may ask at once. */
export async function buildDashboard(): Promise<void> {
  const child = spawn(process.execPath, [BUILDER, '--if-stale'], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (part: Buffer) => (said += part.toString()));
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(said);
}

export interface Demo {
  /** With a slash at its end. */
  readonly url: string;
  readonly port: number;
  readonly program: Program;
}

/** `npm start`: four backends, one of which fails now and then, under gentle traffic. Anybody may read. */
export async function startDemo(t: Pick<TestContext, 'after'>): Promise<Demo> {
  const program = new Program(t, ['demo', '--port', '0']);
  const [, url = ''] = await program.says(/Dashboard\s+(http:\/\/127\.0\.0\.1:\d+\/)/);
  return { url, port: Number(new URL(url).port), program };
}
