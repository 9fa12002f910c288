/**
 * How many CPUs this process may really use: those that it may be scheduled on, but no more than its control group's quota,
 * which a container's `--cpus` or a pod's CPU limit sets. With more threads than that the kernel would stop all of them for
 * the rest of each period (100 ms), and the slowest requests would wait for it.
 * cgroup v2: https://docs.kernel.org/admin-guide/cgroup-v2.html (cpu.max); v1: sched-bwc (cpu.cfs_quota_us).
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

export interface Machine {
  /** Where the file system begins; another directory in tests. */
  readonly root: string;
  /** CPUs that this process may be scheduled on. */
  readonly schedulable: number;
}

/** A whole number from 1; a part of a CPU counts as one. */
export function usableCpus(machine: Machine = { root: '/', schedulable: availableParallelism() }): number {
  const quota = Math.min(...quotas(machine.root));
  return Math.max(1, Math.min(machine.schedulable, Math.ceil(quota)));
}

/** Every quota above this process, in CPUs. Each group is bounded by those that hold it, too. */
function quotas(root: string): number[] {
  const found: number[] = [Infinity];
  // Lines are `hierarchy:controllers:path`; v2 is hierarchy 0 without controllers.
  for (const line of (read(root, 'proc/self/cgroup') ?? '').split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path === undefined) continue;
    if (controllers === '') found.push(...lineage(path).map((group) => quotaV2(root, group)));
    else if (controllers.split(',').includes('cpu'))
      found.push(...lineage(path).map((group) => quotaV1(root, controllers, group)));
  }
  return found;
}

/** `/a/b` and all that hold it. Inside a container the path is often that of the host, and only the top exists. */
function lineage(path: string): string[] {
  const steps = path.split('/').filter((step) => step !== '' && step !== '..');
  return [...steps.keys(), steps.length].map((length) => steps.slice(0, length).join('/'));
}

function quotaV2(root: string, group: string): number {
  const [quota, period] = (read(root, join('sys/fs/cgroup', group, 'cpu.max')) ?? 'max').trim().split(' ');
  return cpus(quota, period ?? '100000');
}

function quotaV1(root: string, controllers: string, group: string): number {
  for (const mount of [controllers, 'cpu', 'cpu,cpuacct']) {
    const directory = join('sys/fs/cgroup', mount, group);
    const quota = read(root, join(directory, 'cpu.cfs_quota_us'));
    const period = read(root, join(directory, 'cpu.cfs_period_us'));
    if (quota !== null && period !== null) return cpus(quota.trim(), period.trim());
  }
  return Infinity;
}

/** `max` and -1 are no quota; nor is what cannot be read. */
function cpus(quota: string, period: string): number {
  const share = Number(quota) / Number(period);
  return share > 0 ? share : Infinity;
}

function read(root: string, path: string): string | null {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    // Not Linux, not mounted, or not for this user to read: then there is no quota to be known.
    return null;
  }
}
