/**
 * Notices that a file's content has changed. The directory is watched, not the file, since editors and Kubernetes replace
 * it by a rename; a slow poll catches what no event tells of (network file systems, a symlink further up). Only content
 * counts: its hash is compared, so that a touch reloads nothing.
 */
import { createHash } from 'node:crypto';
import { watch, type FSWatcher } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Cancel, Timers } from '#core/ports.ts';

/** Editors write in several steps; wait until they are done. */
const SETTLE_MS = 100;
const POLL_MS = 5_000;

export class FileWatch {
  readonly #file: string;
  readonly #timers: Timers;
  readonly #onChange: () => void;
  #watcher: FSWatcher | null = null;
  #cancelSettle: Cancel | null = null;
  #cancelPoll: Cancel | null = null;
  #hash: string | null = null;
  #stopped = false;

  constructor(file: string, timers: Timers, onChange: () => void) {
    this.#file = file;
    this.#timers = timers;
    this.#onChange = onChange;
  }

  /** Begins to watch; what the file holds now is what later content is compared with. */
  async start(): Promise<void> {
    this.#hash = await this.#read();
    if (this.#stopped) return;
    try {
      this.#watcher = watch(dirname(this.#file), { persistent: false }, () => this.#settle());
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch {
      // Out of watches, or a file system without them: the poll is left.
    }
    this.#poll();
  }

  stop(): void {
    this.#stopped = true;
    this.#watcher?.close();
    this.#cancelSettle?.();
    this.#cancelPoll?.();
  }

  #poll(): void {
    this.#cancelPoll = this.#timers.after(POLL_MS, () => {
      this.#poll();
      void this.#compare();
    });
  }

  #settle(): void {
    this.#cancelSettle?.();
    this.#cancelSettle = this.#timers.after(SETTLE_MS, () => void this.#compare());
  }

  async #compare(): Promise<void> {
    const hash = await this.#read();
    // A file that is gone for a moment is being replaced.
    if (this.#stopped || hash === null || hash === this.#hash) return;
    this.#hash = hash;
    this.#onChange();
  }

  async #read(): Promise<string | null> {
    try {
      return createHash('sha256')
        .update(await readFile(this.#file))
        .digest('hex');
    } catch {
      return null;
    }
  }
}
