/**
 * A file that lists backends, as a configuration does. Replaced by a rename, or by the swap of a symlink further up, as
 * Kubernetes does with a ConfigMap; what only looks changed changes nothing.
 */
import { readFile } from 'node:fs/promises';
import type { Timers } from '#core/ports.ts';
import { FileWatch } from '../file-watch.ts';
import type { Member } from '../member.ts';
import { Polled, type Listener, type Look, type Source } from '../source.ts';

export interface FileSettings {
  readonly path: string;
  readonly interval: number;
}

/** Throws what is wrong with the text, with its place. */
export type ReadMembers = (text: string, path: string) => readonly Member[];

export function fileSource(settings: FileSettings, read: ReadMembers, listener: Listener, timers: Timers): Source {
  const { path, interval } = settings;
  let last: { readonly text: string; readonly members: readonly Member[] } | null = null;
  const look = async (): Promise<Look> => {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      throw new Error(`${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`, {
        cause: error,
      });
    }
    if (last?.text !== text) last = { text, members: read(text, path) };
    return { members: last.members, ttlMs: null };
  };
  const polled = new Polled(look, interval, listener, timers);
  const watch = new FileWatch(path, timers, () => polled.hurry());
  void watch.start();
  return {
    stop: () => {
      watch.stop();
      polled.stop();
    },
  };
}
