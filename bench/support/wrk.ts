import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { LOAD_CORE, programPath } from './children.ts';

/** One slice of load. */
export interface WrkLoad {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  readonly fields: readonly (readonly [string, string])[];
  /** Spread requests over this many values of `x-user`, for strategies that hash a field. */
  readonly users?: number;
  /** False: on any core, for targets that are not pinned either. */
  readonly pinned?: boolean;
}

export interface WrkResult {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Answers other than 2xx and 3xx, and socket errors of every kind. */
  readonly errors: number;
  readonly errorText: string;
}

interface Report {
  requests: number;
  durationUs: number;
  p50Us: number;
  p99Us: number;
  connect: number;
  read: number;
  write: number;
  status: number;
  timeout: number;
}

const SCRIPT = join(import.meta.dirname, 'wrk-report.lua');

/** Runs wrk, one thread on the load's core, and reads the line of JSON that the script prints at its end. */
export async function runWrk(load: WrkLoad): Promise<WrkResult> {
  const cores = load.pinned === false ? `0-${availableParallelism() - 1}` : String(LOAD_CORE);
  const args = ['-c', cores, 'wrk', '-t1', `-c${load.connections}`, `-d${load.seconds}s`];
  args.push('--timeout', '5s', '-s', SCRIPT);
  for (const [name, value] of load.fields) args.push('-H', `${name}: ${value}`);
  args.push(load.url);
  if (load.users !== undefined) args.push('--', String(load.users));
  const output = await new Promise<string>((resolve, reject) => {
    const limitMs = (load.seconds + 30) * 1000;
    const options = { timeout: limitMs, killSignal: 'SIGKILL', env: { ...process.env, PATH: programPath() } } as const;
    execFile('taskset', args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`wrk failed: ${error.message}\n${stderr}`));
    });
  });
  const line = output.split('\n').find((text) => text.startsWith('{"requests"'));
  if (line === undefined) throw new Error(`wrk reported nothing:\n${output}`);
  return readReport(JSON.parse(line) as Report);
}

function readReport(report: Report): WrkResult {
  const kinds = ['connect', 'read', 'write', 'status', 'timeout'] as const;
  const present = kinds.filter((kind) => report[kind] > 0);
  return {
    requests: report.requests,
    seconds: report.durationUs / 1e6,
    p50Us: report.p50Us,
    p99Us: report.p99Us,
    errors: present.reduce((sum, kind) => sum + report[kind], 0),
    errorText: present.map((kind) => `${report[kind]} ${kind}`).join(', '),
  };
}
