/**
 * A program in a root of its own, as a container engine would run it: its own mounts and processes, the root read-only, writable
 * only where the image says so, a user without rights and without a way to more.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { USER } from './tree.ts';

/** Empty: it can be done here; else why not. */
export function cleanRootRefusal(): string {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root, for mounts of its own';
  const { status } = spawnSync('unshare', ['--mount', '--pid', '--fork', 'true'], { stdio: 'ignore' });
  return status === 0 ? '' : 'needs unshare, and a system that lets root have mounts of its own';
}

export interface CleanRun {
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
}

/** The network is the machine's: a balancer must be reached. */
export function runInCleanRoot({ root, env, args }: CleanRun): ChildProcess {
  const given = Object.entries(env).map(([name, value]) => quoted(`${name}=${value}`));
  const script = [
    'set -e',
    'chroot=$(command -v chroot || echo /usr/sbin/chroot)',
    `mount --bind ${quoted(root)} ${quoted(root)}`,
    `cd ${quoted(root)}`,
    'mount -o remount,ro,bind .',
    'mount -t tmpfs -o mode=1777,size=256m tmpfs ./tmp',
    `mount -t tmpfs -o uid=${USER},gid=${USER},mode=700,size=64m tmpfs ./var/lib/edgebalancer`,
    'mount -t proc proc ./proc',
    'mount -t tmpfs tmpfs ./dev',
    'touch ./dev/null ./dev/urandom',
    'mount --bind /dev/null ./dev/null',
    'mount --bind /dev/urandom ./dev/urandom',
    // The program and its libraries are those of the root: nothing of this machine but its kernel.
    `exec setpriv --no-new-privs env -i ${given.join(' ')} $chroot --userspec=${USER}:${USER} --groups= . /usr/local/bin/node ${args.map(quoted).join(' ')}`,
  ];
  const own = ['--mount', '--pid', '--ipc', '--uts', '--fork', '--kill-child'];
  return spawn('unshare', [...own, 'sh', '-c', script.join('\n')], { stdio: ['ignore', 'pipe', 'pipe'] });
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
