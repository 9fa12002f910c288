import type { Path } from './problem.ts';
import type { Config, ReadConfig } from './schema.ts';
export interface Finding {
  readonly path: Path;
  readonly message: string;
  readonly key?: boolean;
  readonly severity?: 'error' | 'warning';
}
export function checkAcross(_config: Config, _read: ReadConfig): Finding[] {
  return [];
}
