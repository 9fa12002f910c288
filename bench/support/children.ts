import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A program to run. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Where the measured proxy runs, and where everything else does. With one core they share it, and figures mean little. */
export const PROXY_CORE = 0;
export const LOAD_CORE = availableParallelism() > 1 ? 1 : 0;

/** A running program of this benchmark: the leader of its own process group, killed with it at the latest on our exit. */
export interface Child {
  readonly process: ChildProcess;
  readonly pid: number;
  readonly logFile: string;
  /** False once it has ended by itself. */
  readonly alive: () => boolean;
  readonly kill: () => Promise<void>;
  /** Asks it to end, and kills it when it has not after a few seconds. */
  readonly terminate: () => Promise<void>;
}

const TERMINATE_LIMIT_MS = 5000;

const running = new Set<ChildProcess>();

/** Starts a program, pinned to `core` unless that is null, its output in a log file below `directory`. */
export function startChild(command: Command, directory: string, core: number | null, ipc = false): Child {
  const logFile = join(directory, 'output.log');
  const log = openSync(logFile, 'a');
  const pinned = core === null ? [] : ['taskset', '-c', String(core)];
  const [file, ...args] = [...pinned, command.file, ...command.args] as [string, ...string[]];
  const child = spawn(file, args, {
    cwd: directory,
    env: { ...process.env, PATH: programPath(), ...command.env },
    detached: true,
    stdio: ipc ? ['ignore', log, log, 'ipc'] : ['ignore', log, log],
  });
  closeSync(log);
  if (child.pid === undefined) throw new Error(`${file} did not start; is it installed? (bench/setup)`);
  running.add(child);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const alive = () => child.exitCode === null && child.signalCode === null;
  void ended.then(() => killGroup(child));
  const kill = async () => {
    killGroup(child);
    if (alive()) await ended;
  };
  const terminate = async () => {
    child.kill('SIGTERM');
    await Promise.race([ended, delay(TERMINATE_LIMIT_MS, undefined, { ref: false })]);
    await kill();
  };
  return { process: child, pid: child.pid, logFile, alive, kill, terminate };
}

/** The end of a child's log, for error messages. */
export function logTail(child: Child): string {
  return readFileSync(child.logFile, 'utf8').trim().split('\n').slice(-12).join('\n');
}

/** Debian keeps servers in /usr/sbin, which a user's PATH may lack. */
export function programPath(): string {
  return `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
}

/** Pins this process: it waits most of the time, but its garbage collection must not land on the proxy's core. */
export function pinSelf(core: number): void {
  spawnSync('taskset', ['-a', '-p', '-c', String(core), String(process.pid)]);
}

function killGroup(child: ChildProcess): void {
  if (!running.delete(child) || child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The whole group has gone already.
  }
}

process.on('exit', () => {
  for (const child of [...running]) killGroup(child);
});
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.on(signal, () => process.exit(code));
}
