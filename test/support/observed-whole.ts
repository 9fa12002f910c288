/** Tables and a plan in which every family of metrics has a sample, with everything that a configuration can turn on. */
import { Outcome } from '#core/outcome.ts';
import type { Plan } from '#core/plan.ts';
import { L, P } from '#memory/counters.ts';
import type { Observed } from '#observe/observed.ts';
import { observedTwo } from './observed.ts';

const TLS = { certificates: [{ cert: 'site.pem', key: 'site.key' }], minVersion: 'TLSv1.2', clientCa: null } as const;

export function observedWhole(): Observed {
  const { observed, recorders } = observedTwo();
  const [recorder] = recorders;
  recorder?.exchange(1, 1, 200, 10, 0, 100, 200);
  recorder?.attempt(0, Outcome.success, 10);
  recorder?.connected(0, 1);
  recorder?.retry(0, Outcome.reset);
  recorder?.pool(0, P.hedgesWon);
  recorder?.limit(0, L.limited);
  recorder?.loopLate(1);
  observed.tables.concurrency.peers(0, 0).tell(10, 30.5, 1);
  const { plan } = observed;
  const whole: Plan = {
    ...plan,
    listeners: plan.listeners.map((listener) => ({ ...listener, tls: TLS })),
    pools: plan.pools.map((pool) => ({
      ...pool,
      hedge: { after: 'p95', budget: 0.05 } as unknown as NonNullable<Plan['pools'][number]['hedge']>,
      concurrency: { algorithm: 'gradient' as const },
    })),
    rateLimits: [{ name: 'per-client', row: 0, dryRun: true } as Plan['rateLimits'][number]],
  };
  const discovery = {
    source: 'dns',
    state: 'kept',
    members: 2,
    answeredAt: null,
    problem: 'SERVFAIL',
    failures: 3,
  } as const;
  const certificates = [{ listener: 'public', file: 'site.pem', notAfterMs: 1e12 }];
  return { ...observed, plan: whole, certificates, discovery: () => discovery };
}
