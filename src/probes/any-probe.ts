/** The probe that a pool asks for. The HTTP client is loaded with the first one that needs it. */
import type { Probe } from './probe.ts';

export const anyProbe: Probe = async (request) => {
  const probe =
    request.health.kind === 'tcp'
      ? (await import('./tcp-probe.ts')).tcpProbe
      : (await import('./http-probe.ts')).httpProbe;
  return probe(request);
};
