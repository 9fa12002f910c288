/** What is wrong with the files that listeners' `tls` names, as findings in the configuration. */
import type { Finding } from '../config/checks.ts';
import type { Config } from '../config/schema.ts';
import { readTls } from './read-tls.ts';

export function tlsFindings({ listeners }: Config): Finding[] {
  return listeners.flatMap(({ tls }, at) =>
    tls === null
      ? []
      : readTls(tls, Date.now()).findings.map(({ path, severity, message }) => {
          return { path: ['listeners', at, 'tls', ...path], severity, message };
        }),
  );
}
