/** How many CPUs this process may really use: its affinity, and the quota of its control group (v2 and v1). */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

export type ReadText = (path: string) => string | null;

const readText: ReadText = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

/** At least 1. A quota of one and a half CPUs gives 1: a second worker would wait for the first one's share. */
export function usableCpus(parallelism: number = availableParallelism(), read: ReadText = readText): number {
  const quota = process.platform === 'linux' ? cgroupQuota(read) : Infinity;
  return Math.max(1, Math.floor(Math.min(parallelism, quota)));
}

/** CPUs that the control group and those above it allow; Infinity when none sets a limit. */
export function cgroupQuota(read: ReadText): number {
  let quota = Infinity;
  for (const line of (read('/proc/self/cgroup') ?? '').split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    const v2 = controllers === '';
    if (!v2 && !controllers.split(',').includes('cpu')) continue;
    const root = v2 ? '/sys/fs/cgroup' : '/sys/fs/cgroup/cpu';
    // Inside a container the path may be the host's: the group's own files are then at the root of the mount.
    for (const directory of [root, ...ancestors(path).map((at) => join(root, at))]) {
      quota = Math.min(quota, v2 ? quotaV2(read, directory) : quotaV1(read, directory));
    }
  }
  return quota;
}

function ancestors(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '');
  return parts.map((_, at) => parts.slice(0, at + 1).join('/'));
}

function quotaV2(read: ReadText, directory: string): number {
  const [quota, period] = (read(join(directory, 'cpu.max')) ?? '').trim().split(' ');
  return share(Number(quota), Number(period));
}

function quotaV1(read: ReadText, directory: string): number {
  return share(
    Number(read(join(directory, 'cpu.cfs_quota_us')) ?? NaN),
    Number(read(join(directory, 'cpu.cfs_period_us')) ?? NaN),
  );
}

function share(quotaUs: number, periodUs: number): number {
  return quotaUs > 0 && periodUs > 0 ? quotaUs / periodUs : Infinity;
}
