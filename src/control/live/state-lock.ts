/**
 * One process at a time changes a state directory. The lock is a file with the process that holds it: its id, when it began
 * (ids are used again), and its host. One whose process is gone is taken over; on another host that cannot be seen, so a
 * holder touches its lock now and then, and one that has not been touched for long counts as left behind.
 *
 * Whoever does not get it may read the directory and must not write to it.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Cancel, Timers } from '#core/ports.ts';
import { makePrivateDirectory } from '../files/replace-file.ts';

const TOUCH_MS = 10_000;
/** Three touches missed. */
const STALE_MS = 35_000;
/** Each time round, some other process was in between. */
const TRIES_MAX = 3;

interface Holder {
  readonly pid: number;
  /** In clock ticks since the machine started (proc(5), field 22 of stat); '' where the system does not say. */
  readonly began: string;
  readonly host: string;
  /** Different for each lock that was ever taken. */
  readonly mark: string;
}

export class StateLock {
  readonly #path: string;
  readonly #timers: Timers;
  readonly #me: Holder;
  #held = false;
  /** The lock's file as this process last saw or left it; while it is that, nobody has come between. */
  #seen: { readonly ino: number; readonly mtimeMs: number } | null = null;
  #cancel: Cancel | null = null;

  constructor(stateDir: string, timers: Timers) {
    this.#path = join(stateDir, 'lock');
    this.#timers = timers;
    this.#me = {
      pid: process.pid,
      began: beganAt(process.pid),
      host: hostname(),
      mark: randomBytes(16).toString('hex'),
    };
  }

  /** Null when this process has it now, else who has. Rejects with the system's error when the directory cannot be written. */
  async take(): Promise<string | null> {
    if (this.#held && (await this.#isMine())) return null;
    this.#held = false;
    await makePrivateDirectory(join(this.#path, '..'));
    // Known as held before it is: another of this process must not take it for one that was left behind.
    holding.add(this.#me.mark);
    try {
      const other = await this.#ask();
      if (other !== null) holding.delete(this.#me.mark);
      return other;
    } catch (error) {
      holding.delete(this.#me.mark);
      throw error;
    }
  }

  async #ask(): Promise<string | null> {
    let other = 'another process';
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      if (await this.#create()) return this.#hold();
      const found = await look(this.#path);
      if (found === null) continue;
      if (found.holder !== null) other = `process ${found.holder.pid} on ${found.holder.host}`;
      if (!this.#isLeft(found)) return other;
      if (await this.#replace(found)) return this.#hold();
    }
    return other;
  }

  async release(): Promise<void> {
    this.#cancel?.();
    holding.delete(this.#me.mark);
    if (this.#held && (await this.#isMine())) await rm(this.#path, { force: true }).catch(() => {});
    this.#held = false;
  }

  #hold(): null {
    this.#held = true;
    this.#touch();
    return null;
  }

  /** Reads the lock only when its file is not as it was left: asked before every change, this is one step for the disk. */
  async #isMine(): Promise<boolean> {
    const before = this.#seen;
    const now = await stat(this.#path).catch(() => null);
    if (now !== null && now.ino === before?.ino && now.mtimeMs === before.mtimeMs) return true;
    const mine = (await look(this.#path))?.holder?.mark === this.#me.mark;
    this.#seen = mine ? now : null;
    return mine;
  }

  /** A link of a whole file comes to be at once, and only when nothing has its name. */
  #create(): Promise<boolean> {
    return this.#withOwn((own) => linkedTo(own, this.#path));
  }

  /**
   * Puts this process's lock in the place of one that was left behind. One process at a time does that, and looks again before
   * it does: with a lock that is removed and made anew, each of two who had judged the same one could end up with it.
   */
  #replace(judged: Found): Promise<boolean> {
    const turn = `${this.#path}.turn`;
    return this.#withOwn(async (own) => {
      if (!(await linkedTo(own, turn))) {
        const other = await look(turn);
        // Its process ended in the middle of a few system calls.
        if (other !== null && this.#timers.wallMs() - other.touchedMs > STALE_MS) await rm(turn, { force: true });
        return false;
      }
      try {
        if ((await look(this.#path))?.text !== judged.text) return false;
        await rename(own, this.#path);
        return true;
      } finally {
        await rm(turn, { force: true });
      }
    });
  }

  async #withOwn(work: (own: string) => Promise<boolean>): Promise<boolean> {
    const own = `${this.#path}.${this.#me.mark}`;
    try {
      await writeFile(own, JSON.stringify(this.#me), { mode: 0o600, flag: 'wx' });
      return await work(own);
    } finally {
      await rm(own, { force: true }).catch(() => {});
    }
  }

  #isLeft({ holder, touchedMs }: Found): boolean {
    if (holder === null || holder.host !== this.#me.host) return this.#timers.wallMs() - touchedMs > STALE_MS;
    // A supervisor of this very process, or one that had its id before.
    if (holder.pid === process.pid) return !holding.has(holder.mark);
    return !isAlive(holder.pid) || beganAt(holder.pid) !== holder.began;
  }

  #touch(): void {
    this.#cancel?.();
    this.#cancel = this.#timers.after(TOUCH_MS, () => {
      const now = this.#timers.wallMs() / 1000;
      utimes(this.#path, now, now).catch(() => {});
      this.#touch();
    });
  }
}

/** Marks of the locks that this process holds. */
const holding = new Set<string>();

interface Found {
  readonly text: string;
  /** Null: it is not a lock of ours. */
  readonly holder: Holder | null;
  /** Milliseconds since 1970. */
  readonly touchedMs: number;
}

/** Null: there is none. */
async function look(path: string): Promise<Found | null> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    return { text, holder: readHolder(text), touchedMs: mtimeMs };
  } catch {
    return null;
  }
}

function readHolder(text: string): Holder | null {
  try {
    const { pid, began, host, mark } = (JSON.parse(text) as Partial<Holder> | null) ?? {};
    if (typeof pid !== 'number' || typeof began !== 'string' || typeof host !== 'string' || typeof mark !== 'string')
      return null;
    return { pid, began, host, mark };
  } catch {
    return null;
  }
}

async function linkedTo(file: string, name: string): Promise<boolean> {
  try {
    await link(file, name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isGone(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Ended, and not yet waited for by whoever started it: its number is still taken (proc_pid_stat(5), state). */
function isGone(pid: number): boolean {
  const state = statOf(pid)[0];
  return state === 'Z' || state === 'X';
}

function beganAt(pid: number): string {
  return statOf(pid)[19] ?? '';
}

/** Its fields from the state on; none where there is no such file. */
function statOf(pid: number): readonly string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command's name may hold anything but ends with the last bracket.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
