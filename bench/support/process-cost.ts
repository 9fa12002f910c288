import { readFileSync, readdirSync } from 'node:fs';

/**
 * What a process and all its descendants have cost, read from /proc. Run time comes from `schedstat` (nanoseconds on
 * the CPU, user and system together) summed over threads: `stat` counts in ticks of 10 ms, too coarse for slices of 1 s.
 * The time of threads that have ended meanwhile is lost: none of the targets ends threads under load.
 */
export function cpuNs(pid: number): number {
  let sum = 0;
  for (const member of processTree(pid)) {
    for (const thread of list(`/proc/${member}/task`)) {
      sum += Number(read(`/proc/${member}/task/${thread}/schedstat`).split(' ')[0] ?? 0) || 0;
    }
  }
  return sum;
}

/** Resident memory of the process tree, in bytes. */
export interface Memory {
  readonly residentBytes: number;
  /** Sum of each process's own highest mark since it started. */
  readonly peakBytes: number;
}

export function memoryOf(pid: number): Memory {
  let residentBytes = 0;
  let peakBytes = 0;
  for (const member of processTree(pid)) {
    const status = read(`/proc/${member}/status`);
    residentBytes += kibField(status, 'VmRSS');
    peakBytes += kibField(status, 'VmHWM');
  }
  return { residentBytes, peakBytes };
}

const WATCH_EVERY_MS = 10;

/**
 * Watches resident memory until the function returned is called, which answers the most there was. Looks every 10 ms,
 * and sees peaks between two looks when they are the highest ever: not every kernel lets the mark be set back.
 */
export function watchMemory(pid: number): () => number {
  const markBefore = memoryOf(pid).peakBytes;
  let most = 0;
  const look = () => {
    const memory = memoryOf(pid);
    most = Math.max(most, memory.peakBytes > markBefore ? memory.peakBytes : memory.residentBytes);
  };
  look();
  const timer = setInterval(look, WATCH_EVERY_MS);
  return () => {
    clearInterval(timer);
    look();
    return most;
  };
}

/** The process and its descendants. */
export function processTree(pid: number): number[] {
  const found = [pid];
  for (let at = 0; at < found.length; at++) {
    for (const thread of list(`/proc/${found[at]}/task`)) {
      for (const child of read(`/proc/${found[at]}/task/${thread}/children`).split(' ')) {
        if (child !== '') found.push(Number(child));
      }
    }
  }
  return found;
}

function kibField(status: string, name: string): number {
  const match = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status);
  return match === null ? 0 : Number(match[1]) * 1024;
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
