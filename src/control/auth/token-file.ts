/**
 * `tokens.json` in the state directory: tokens that were made by the API or by the command, as hashes. Both write it, so each
 * change is made under a lock, on what the file says at that moment. A file that others may read or write is refused: its
 * hashes would be theirs to replace.
 */
import { lstatSync, readFileSync, type Stats } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { makePrivateDirectory, replaceFile } from '../files/replace-file.ts';
import { isTokenHash } from './token.ts';

const NAME = 'tokens.json';
/** More than any team has. */
export const STORED_MAX = 1000;
const FILE_BYTES_MAX = 1024 * 1024;
/** A lock older than this was left behind by a crash: a change takes milliseconds. */
const LOCK_STALE_MS = 10_000;
const LOCK_TRIES = 100;
const LOCK_WAIT_MS = 30;

const OTHERS = 0o077;
const OTHERS_WRITE = 0o022;

const stored = z.strictObject({
  name: z.string().min(1).max(64),
  role: z.enum(['viewer', 'operator']),
  hash: z.string().refine(isTokenHash),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().nullable(),
  lastUsedAt: z.iso.datetime().nullable(),
});
const contents = z.strictObject({ version: z.literal(1), tokens: z.array(stored).max(STORED_MAX) });

export type StoredToken = Readonly<z.infer<typeof stored>>;

/** The file cannot be used; the message is for an operator. */
export class TokenFileError extends Error {
  override readonly name = 'TokenFileError';
}

export class TokenFile {
  readonly path: string;
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
    this.path = join(directory, NAME);
  }

  /** What changes when somebody writes the file; '' while there is none. Throws a `TokenFileError` when nobody can tell. */
  mark(): string {
    const stat = this.#look();
    return stat === undefined ? '' : `${stat.ino}:${stat.mtimeMs}:${stat.size}:${stat.mode}`;
  }

  /** Null: there is no file. Throws a `TokenFileError` when there is one that cannot be used. */
  read(): StoredToken[] | null {
    const stat = this.#look();
    if (stat === undefined) return null;
    this.#refuseOpenDoors(stat);
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      throw new TokenFileError(`${this.path} cannot be read: ${messageOf(error)}.`);
    }
    let data: unknown;
    try {
      data = JSON.parse(text);
    } catch {
      throw new TokenFileError(`${this.path} is not JSON. Restore it, or remove it and make new tokens.`);
    }
    const result = contents.safeParse(data);
    if (result.success) return result.data.tokens;
    const [issue] = result.error.issues;
    throw new TokenFileError(
      `${this.path} is not a list of tokens (at ${issue?.path.join('.') || 'its beginning'}). Restore it, or remove it and make new tokens.`,
    );
  }

  /** Makes the change on what the file says now. Resolves with what was written, once it cannot be lost. */
  async change(edit: (tokens: readonly StoredToken[]) => readonly StoredToken[]): Promise<readonly StoredToken[]> {
    await makePrivateDirectory(this.#directory);
    // What could not be read at the next start is better not written at all.
    this.#refuseOpenDirectory();
    const unlock = await this.#lock();
    try {
      const before = this.read() ?? [];
      const after = edit(before);
      if (after !== before) await replaceFile(this.path, `${JSON.stringify({ version: 1, tokens: after }, null, 2)}\n`);
      return after;
    } finally {
      await unlock();
    }
  }

  /** Undefined: there is no file. */
  #look(): Stats | undefined {
    try {
      return lstatSync(this.path, { throwIfNoEntry: false });
    } catch (error) {
      // Who has a token is not known then, and nobody may take the place of those who have one.
      const { code } = error as NodeJS.ErrnoException;
      const how =
        code === 'ENOTDIR'
          ? `${this.#directory} is no directory. Remove what is there, or name another (\`state.dir\`).`
          : `${this.path} cannot be looked at (${code}). Give ${this.#directory} to the user that runs edgebalancer (chown), or name another (\`state.dir\`).`;
      throw new TokenFileError(how);
    }
  }

  #refuseOpenDoors(file: Stats): void {
    if (!file.isFile()) throw new TokenFileError(`${this.path} is not a plain file. Remove it.`);
    if (file.size > FILE_BYTES_MAX)
      throw new TokenFileError(`${this.path} is larger than 1 MiB; no list of tokens is.`);
    const me = process.getuid?.() ?? file.uid;
    if (file.uid !== me && me !== 0) {
      throw new TokenFileError(
        `${this.path} belongs to another user. Give it to the one that runs edgebalancer (chown).`,
      );
    }
    if ((file.mode & OTHERS) !== 0) {
      throw new TokenFileError(
        `${this.path} can be read or written by others (mode ${(file.mode & 0o777).toString(8)}). Run: chmod 600 ${this.path}`,
      );
    }
    this.#refuseOpenDirectory();
  }

  #refuseOpenDirectory(): void {
    const directory = lstatSync(this.#directory);
    if (directory.isDirectory() && (directory.mode & OTHERS_WRITE) !== 0) {
      throw new TokenFileError(
        `${this.#directory} can be written by others (mode ${(directory.mode & 0o777).toString(8)}), who could replace tokens.json. Run: chmod 700 ${this.#directory}`,
      );
    }
  }

  async #lock(): Promise<() => Promise<void>> {
    const lock = `${this.path}.lock`;
    for (let tries = 0; tries < LOCK_TRIES; tries++) {
      try {
        await (await open(lock, 'wx', 0o600)).close();
        return () => rm(lock, { force: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const age = await stat(lock).then(
        ({ mtimeMs }) => Date.now() - mtimeMs,
        () => 0,
      );
      if (age > LOCK_STALE_MS) await rm(lock, { force: true });
      else await new Promise((resolve) => setTimeout(resolve, LOCK_WAIT_MS));
    }
    throw new TokenFileError(`${lock} is held by another process. If none is running, remove it.`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
