import { readFileSync } from 'node:fs';
import { LOAD_CORE, PROXY_CORE } from './children.ts';
import { cpuNs } from './process-cost.ts';

/** The kernel counts the time of cores and of ended children in ticks of 10 ms (USER_HZ is 100 wherever Node runs). */
const NS_PER_TICK = 1e7;
/** Above this many cores' worth of foreign work on the cores used, a slice was disturbed. Ticks blur it by about 0.03. */
export const FOREIGN_MAX = 0.1;

/**
 * Begins to watch the cores that proxy and load run on. The function returned answers how much of them (in cores)
 * others used meanwhile: all busy time, less that of the processes given, of this one and of children that it awaited.
 */
export function watchForeignWork(pids: readonly number[]): () => number {
  const begunMs = performance.now();
  const busyBefore = coresBusyNs();
  const ownBefore = ownNs(pids);
  return () => {
    const foreignNs = coresBusyNs() - busyBefore - (ownNs(pids) - ownBefore);
    return Math.max(0, foreignNs / ((performance.now() - begunMs) * 1e6));
  };
}

/** user, nice, system, irq, softirq and steal of both cores. */
function coresBusyNs(): number {
  const lines = readFileSync('/proc/stat', 'utf8').split('\n');
  let ticks = 0;
  for (const core of new Set([PROXY_CORE, LOAD_CORE])) {
    const fields = (lines.find((line) => line.startsWith(`cpu${core} `)) ?? '').split(' ').slice(1).map(Number);
    for (const at of [0, 1, 2, 5, 6, 7]) ticks += fields[at] ?? 0;
  }
  return ticks * NS_PER_TICK;
}

function ownNs(pids: readonly number[]): number {
  // After the name, which may hold spaces: utime, stime, cutime and cstime are fields 14 to 17 (proc(5)).
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0);
  return ticks * NS_PER_TICK + pids.reduce((sum, pid) => sum + cpuNs(pid), 0);
}
