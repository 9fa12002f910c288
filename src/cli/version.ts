/** The version that runs, as the package says it. */
import { readFileSync } from 'node:fs';

interface Manifest {
  readonly version: string;
}

export const version: string = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Manifest
).version;
