/** The probe that a pool asks for. What it needs is loaded with the first one that needs it. */
import type { HealthPlan } from '#core/plan.ts';
import type { Probe } from './probe.ts';

export const anyProbe: Probe = async (request) => (await probeFor(request.health))(request);

async function probeFor(health: HealthPlan): Promise<Probe> {
  if (health.kind === 'tcp') return (await import('./tcp-probe.ts')).tcpProbe;
  return health.body === null
    ? (await import('./status-probe.ts')).statusProbe
    : (await import('./http-probe.ts')).httpProbe;
}
