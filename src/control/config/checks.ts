/** What no single value can tell: whether the parts of a configuration fit together. */
import { listenerFindings } from './checks-listeners.ts';
import { capacityFindings, nameFindings } from './checks-names.ts';
import { poolFindings } from './checks-pools.ts';
import { routeFindings } from './checks-routes.ts';
import type { Path } from './problem.ts';
import type { Config, ReadConfig } from './schema.ts';

export interface Finding {
  readonly path: Path;
  readonly message: string;
  readonly severity?: 'error' | 'warning';
  /** What it was found out from, where that is not just what stands at `path`. */
  readonly about?: readonly Path[];
  /** The place is the key, not its value. */
  readonly key?: boolean;
}

/** `data` is what the file says; `read` the same with defaults; `config` with its routes worked out. */
export function checkAcross(config: Config, read: ReadConfig, data: unknown): Finding[] {
  // Each route is held against every other and every pool, which is no work only for as many as there is room for.
  const beyond = capacityFindings(config);
  if (beyond.length > 0) return beyond;
  return [
    ...nameFindings(config, read, data),
    ...listenerFindings(config, data),
    ...routeFindings(config),
    ...poolFindings(config, data),
  ];
}
