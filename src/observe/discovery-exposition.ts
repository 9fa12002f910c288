/** The part of `GET /metrics` that tells of discovery, by pool. */
import type { Exposition } from './exposition.ts';
import { userPools, type Observed } from './observed.ts';

export function discovery(out: Exposition, { plan, discovery: entryOf }: Observed): void {
  const found = userPools(plan).flatMap(({ name }) => {
    const entry = entryOf(name);
    return entry === null ? [] : [{ pool: name, entry }];
  });
  out.family('edgebalancer_discovery_backends', 'gauge', 'Backends that discovery knows of.');
  for (const { pool, entry } of found) out.sample({ pool, source: entry.source }, entry.members);
  out.family(
    'edgebalancer_discovery_failing',
    'gauge',
    '1 while a source fails, and what it found before is in use or gone.',
  );
  for (const { pool, entry } of found) out.sample({ pool, source: entry.source }, entry.problem === '' ? 0 : 1);
  out.family('edgebalancer_discovery_failures_total', 'counter', 'Answers of a source that failed or named nobody.');
  for (const { pool, entry } of found) out.sample({ pool, source: entry.source }, entry.failures);
}
