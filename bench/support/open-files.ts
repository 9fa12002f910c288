import { readFileSync } from 'node:fs';

const FALLBACK = 4096;

/** The most files that a process may have open here: the hard limit, up to which all targets raise theirs. */
export function openFilesMax(): number {
  const line = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
  const limit = line?.[1] === 'unlimited' ? 1_048_576 : Number(line?.[1]);
  return Number.isFinite(limit) ? limit : FALLBACK;
}
