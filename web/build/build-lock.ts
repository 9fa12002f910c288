/**
 * One build at a time: two starts at once would write into each other's files. The lock is a directory, which only one of
 * them can make; it names the process that holds it, so that one left behind by a process that died is taken away.
 */
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const LOOK_MS = 50;
/** A build takes a second or two; ten times that, on a slow machine. */
const WAIT_MAX_MS = 60_000;
/** Between the directory and the number in it lies a moment. */
const NAMELESS_MS = 5_000;

/** Runs `work` in the directory of the lock while nobody else does. Rejects when another one does not come to an end. */
export async function alone<T>(lock: string, work: (folder: string) => Promise<T>): Promise<T> {
  await take(lock);
  try {
    return await work(lock);
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

async function take(lock: string): Promise<void> {
  const until = performance.now() + WAIT_MAX_MS;
  for (;;) {
    try {
      await mkdir(lock);
      await writeFile(join(lock, 'pid'), String(process.pid));
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (await isLeftBehind(lock)) await rm(lock, { recursive: true, force: true });
    else if (performance.now() > until) throw new Error(`another build does not end; if there is none, remove ${lock}`);
    else await pause(LOOK_MS);
  }
}

async function isLeftBehind(lock: string): Promise<boolean> {
  const pid = Number(await readFile(join(lock, 'pid'), 'utf8').catch(() => ''));
  if (pid > 0) return !isAlive(pid);
  const made = await stat(lock).catch(() => null);
  return made !== null && Date.now() - made.mtimeMs > NAMELESS_MS;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
