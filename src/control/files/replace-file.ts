/** Writing a file so that a crash at any moment leaves the old text or the new one, whole. */
import type { Stats } from 'node:fs';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

const OWNER_ONLY = 0o600;

/**
 * Resolves once the new text cannot be lost. Only this user may read it; where the file that it replaces is given as `like`,
 * that one's mode stays, and its owner where this user may set it. Rejects with the system's error; nothing changed.
 */
export async function replaceFile(path: string, text: string, like?: Stats): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = await openNew(temporary);
    await thenClose(file, async () => {
      await file.writeFile(text);
      if (like !== undefined) await makeLike(file, like);
      await file.sync();
    });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** What an earlier process of the same id has left is in the way, and goes. */
async function openNew(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', OWNER_ONLY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    await rm(path, { force: true });
    return await open(path, 'wx', OWNER_ONLY);
  }
}

async function makeLike(file: FileHandle, { uid, gid, mode }: Stats): Promise<void> {
  if (uid !== process.getuid?.() || gid !== process.getgid?.()) await file.chown(uid, gid).catch(() => {});
  await file.chmod(mode & 0o7777);
}

/** What was renamed or made in it cannot be lost any more. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  await thenClose(directory, () => directory.sync());
}

/** A directory that only this user may enter, when it is not there yet. */
export async function makePrivateDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
}

/** What was synced is safe: its closing is not waited for, since on a busy machine each step on another thread takes its time. */
async function thenClose(file: FileHandle, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } finally {
    file.close().catch(() => {});
  }
}
