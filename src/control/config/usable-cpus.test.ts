import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { usableCpus } from './usable-cpus.ts';

/** CPUs of a machine with 8, whose files are these. */
function cpusWith(files: Readonly<Record<string, string>>): number {
  const root = mkdtempSync(join(tmpdir(), 'cpus-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return usableCpus({ root, schedulable: 8 });
  } finally {
    rmSync(root, { recursive: true });
  }
}

test('cgroup v2: the quota, rounded up, at least 1, never above what can be scheduled', () => {
  const max = (text: string): number => cpusWith({ 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/cpu.max': text });
  assert.equal(max('200000 100000\n'), 2);
  assert.equal(max('150000 100000\n'), 2);
  assert.equal(max('10000 100000\n'), 1);
  assert.equal(max('1600000 100000\n'), 8);
  assert.equal(max('max 100000\n'), 8);
  assert.equal(max('300000\n'), 3, 'the period has a default');
  assert.equal(max('what\n'), 8);
  assert.equal(max(''), 8);
});

test('cgroup v2: every group above bounds, and a path that is not there does not', () => {
  const proc = { 'proc/self/cgroup': '0::/kubepods/pod1/box\n' };
  assert.equal(cpusWith({ ...proc, 'sys/fs/cgroup/kubepods/pod1/cpu.max': '300000 100000' }), 3);
  assert.equal(
    cpusWith({
      ...proc,
      'sys/fs/cgroup/kubepods/cpu.max': '200000 100000',
      'sys/fs/cgroup/kubepods/pod1/box/cpu.max': '500000 100000',
    }),
    2,
  );
  assert.equal(cpusWith({ ...proc, 'sys/fs/cgroup/cpu.max': '400000 100000' }), 4);
});

test('cgroup v1: quota and period, under either mount', () => {
  for (const mount of ['cpu,cpuacct', 'cpu']) {
    const files = {
      'proc/self/cgroup': '5:memory:/docker/x\n4:cpu,cpuacct:/docker/x\n',
      [`sys/fs/cgroup/${mount}/cpu.cfs_quota_us`]: '250000\n',
      [`sys/fs/cgroup/${mount}/cpu.cfs_period_us`]: '100000\n',
    };
    assert.equal(cpusWith(files), 3, mount);
    assert.equal(cpusWith({ ...files, [`sys/fs/cgroup/${mount}/cpu.cfs_quota_us`]: '-1\n' }), 8, mount);
  }
});

test('without control groups: what can be scheduled', () => {
  assert.equal(cpusWith({}), 8);
  const here = usableCpus();
  assert.ok(here >= 1 && here <= availableParallelism());
});
