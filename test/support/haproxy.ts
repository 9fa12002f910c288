/** Debian's haproxy in front, in a process of its own that ends with the test. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { freePort } from './free-port.ts';
import { whereIs } from './needs.ts';

/** `config` is what it reads, for the port where it is to listen. Resolves with that port; whether it listens is not waited for. */
export async function startHaproxy(t: Pick<TestContext, 'after'>, config: (port: number) => string): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'haproxy-'));
  const port = await freePort();
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(file, config(port));
  const child = spawn(whereIs('haproxy') ?? '', ['-db', '-f', file], { stdio: 'ignore' });
  t.after(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    rmSync(folder, { recursive: true, force: true });
  });
  return port;
}
