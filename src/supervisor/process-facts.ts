/** What Linux says of this process in /proc; elsewhere null. Each costs some microseconds, whatever is open. */
import { readFileSync, readdirSync, statSync } from 'node:fs';

/** Pages are of this size on every platform that Node runs on but a few large ones. */
const PAGE_BYTES = 4096;

export interface ProcessResources {
  readonly virtualBytes: number | null;
  readonly openFds: number | null;
  readonly maxFds: number | null;
}

export function processResources(): ProcessResources {
  return { virtualBytes: virtualBytes(), openFds: openFds(), maxFds: maxFds() };
}

function virtualBytes(): number | null {
  const pages = Number(text('/proc/self/statm').split(' ')[0]);
  return pages > 0 ? pages * PAGE_BYTES : null;
}

function openFds(): number | null {
  try {
    // Since Linux 6.2 the directory's size is the number of descriptors; before, it is 0 and they have to be listed.
    const { size } = statSync('/proc/self/fd');
    return size > 0 ? size : readdirSync('/proc/self/fd').length;
  } catch {
    return null;
  }
}

function maxFds(): number | null {
  const [, soft] = /^Max open files\s+(\S+)/m.exec(text('/proc/self/limits')) ?? [];
  if (soft === undefined) return null;
  return soft === 'unlimited' ? Infinity : Number(soft);
}

function text(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
