/** The operator's own file: what it said when it was last accepted, and writing what is in force back into it. */
import { lstat, readFile, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { replaceFile } from '../files/replace-file.ts';
import type { Config } from '../config/schema.ts';
import { hashOf } from './revision.ts';

export interface FileText {
  readonly text: string;
  readonly config: Config;
  readonly hash: string;
}

export class OperatorFile {
  /** Null: there is no file; what was given at the start stands for it. */
  readonly path: string | null;
  /** As it was last accepted. */
  accepted: FileText;
  /** Why what the file says now was refused, as one sentence; null: it was not. */
  refusedWhy: string | null = null;

  constructor(path: string | null, text: string, config: Config) {
    this.path = path;
    this.accepted = { text, config, hash: hashOf(text) };
  }

  accept(text: string, config: Config): void {
    this.accepted = { text, config, hash: hashOf(text) };
    this.refusedWhy = null;
  }

  /** Whether there was a file, and nothing is at its place any more. */
  async isGone(): Promise<boolean> {
    if (this.path === null) return false;
    return await lstat(this.path).then(
      () => false,
      (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT',
    );
  }

  /** Puts `text` into the file, whole or not at all. Resolves with why it may not be done, as a sentence; null: it is done. */
  async write(text: string): Promise<string | null> {
    if (this.path === null) return 'There is no file to save into: this configuration was not read from one.';
    if (await this.isGone()) {
      // Somebody may have removed it on purpose, but not whoever asks for it to be written.
      await replaceFile(this.path, text);
      return null;
    }
    const mount = await mountOf(this.path);
    if (mount !== null)
      return `${this.path} is part of a volume that is replaced as a whole (${mount}), as Kubernetes mounts a ConfigMap: what is written into it would be lost. Change the ConfigMap.`;
    const real = await realpath(this.path);
    if (hashOf(await readFile(real)) !== this.accepted.hash)
      return `${this.path} has been changed since it was read; reload it, or undo that change, before saving over it.`;
    await replaceFile(real, text, await stat(real));
    return null;
  }
}

/** The link on the way to `path` that a kubelet swaps to replace a volume at once; null when there is none. */
async function mountOf(path: string): Promise<string | null> {
  let at = path;
  // A chain of links that is longer than this is a ring.
  for (let depth = 0; depth < 40; depth++) {
    const status = await lstat(at);
    if (!status.isSymbolicLink()) return null;
    const target = await readlink(at);
    if (/(^|\/)\.\.data(\/|$)/.test(target)) return target;
    at = join(dirname(at), target.startsWith('/') ? '' : target);
    if (target.startsWith('/')) at = target;
  }
  return null;
}
