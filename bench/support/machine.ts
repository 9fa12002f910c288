import { execFileSync, spawnSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import { programPath } from './children.ts';
import { REPOSITORY } from './places.ts';

/** The machine and the versions of everything measured, in one paragraph for the top of a result. */
export function describeMachine(): string {
  const processors = cpus();
  const memoryGib = (totalmem() / 2 ** 30).toFixed(0);
  const parts = [
    `${processors.length} × ${processors[0]?.model ?? 'unknown CPU'}`,
    `${memoryGib} GiB`,
    `Linux ${release()}`,
    `Node ${process.version}`,
    `nginx ${firstMatch('nginx', ['-v'], /nginx\/([\d.]+)/)}`,
    `HAProxy ${firstMatch('haproxy', ['-v'], /version ([\w.~+-]+)/)}`,
    `Caddy ${firstMatch('caddy', ['version'], /v?([\d.]+)/)}`,
    `wrk ${firstMatch('wrk', ['-v'], /wrk \S*?([\d.]+)/)}`,
  ];
  return parts.join(', ');
}

/** The commit measured, marked when files differ from it. */
export function describeCommit(): string {
  try {
    const commit = execFileSync('git', ['rev-parse', '--short=10', 'HEAD'], {
      cwd: REPOSITORY,
      encoding: 'utf8',
    }).trim();
    const changed = execFileSync('git', ['status', '--porcelain', '--', 'src'], { cwd: REPOSITORY, encoding: 'utf8' });
    return changed.trim() === '' ? commit : `${commit} with changes`;
  } catch {
    return 'unknown commit';
  }
}

function firstMatch(program: string, args: readonly string[], pattern: RegExp): string {
  const run = spawnSync(program, args, { encoding: 'utf8', env: { ...process.env, PATH: programPath() } });
  return pattern.exec(`${run.stdout ?? ''}${run.stderr ?? ''}`)?.[1] ?? '(not installed)';
}
