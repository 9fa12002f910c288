/** What a process might say of itself, for reports made of tables alone. */
import type { ProcessFacts } from '#observe/prometheus.ts';

export const metricFacts: ProcessFacts = {
  revision: 7,
  reloads: { ok: 2, failed: 1 },
  workerRestarts: 3,
  workers: 2,
  eventStreams: { open: 1, dropped: 2, refused: 3 },
  shared: { connected: true, replicas: 3, rounds: 40, failures: 1, untold: 2, version: 7, openElsewhere: 1 },
  spans: { exported: 4, failed: 5, dropped: 6 },
  version: '1.2.3',
  nodeVersion: '26.0.0',
  loops: [
    { thread: 'supervisor', activeSeconds: 0.5, idleSeconds: 9.5 },
    { thread: 'worker-0', activeSeconds: 1.5, idleSeconds: 8.5 },
  ],
  cpuSeconds: 1,
  residentBytes: 2,
  virtualBytes: 3,
  openFds: 4,
  maxFds: 5,
  startSeconds: 6,
};
