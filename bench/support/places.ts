import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The repository's root, from where EdgeBalancer is started. */
export const REPOSITORY = resolve(import.meta.dirname, '../..');

/** Everything the benchmarks write, RESULTS.md apart. Git ignores it. */
export const WORK = join(REPOSITORY, 'bench/.work');

/** Where `bench/setup` puts the Node peers. */
export const PEER_MODULES = join(WORK, 'peers/node_modules');

/** A directory of this run alone, gone when the process exits. Kept when BENCH_KEEP is set, to read logs. */
export const RUN_DIRECTORY = join(WORK, `run-${process.pid}`);

export function makeDirectory(name: string): string {
  const directory = join(RUN_DIRECTORY, name);
  mkdirSync(directory, { recursive: true });
  return directory;
}

process.on('exit', () => {
  if (process.env['BENCH_KEEP'] === undefined) rmSync(RUN_DIRECTORY, { recursive: true, force: true });
});
