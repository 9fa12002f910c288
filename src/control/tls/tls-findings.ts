/** What is wrong with the files that `tls` names, of listeners and pools, as findings in the configuration. */
import type { Finding } from '../config/checks.ts';
import type { Path } from '../config/problem.ts';
import type { Config } from '../config/schema.ts';
import { readPoolTls, readTls, type TlsFinding } from './read-tls.ts';

export function tlsFindings({ listeners, pools }: Config): Finding[] {
  const at = (place: Path, findings: readonly TlsFinding[]): Finding[] =>
    findings.map(({ path, severity, message }) => ({ path: [...place, 'tls', ...path], severity, message }));
  return [
    ...listeners.flatMap(({ tls }, index) =>
      tls === null ? [] : at(['listeners', index], readTls(tls, Date.now()).findings),
    ),
    ...Object.entries(pools).flatMap(([name, { tls }]) =>
      tls === null ? [] : at(['pools', name], readPoolTls(tls, Date.now()).findings),
    ),
  ];
}
