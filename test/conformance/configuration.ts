/** The configuration that every case is played against: one backend, every request to it, nothing tried twice. */
export function oneBackend(url: string): Record<string, unknown> {
  return {
    routes: [
      { name: 'all', match: { path: '/' }, pool: 'only', rateLimits: [], timeouts: { total: '5s', perTry: '4s' } },
    ],
    pools: {
      only: {
        strategy: 'round-robin',
        backends: [{ id: 'recorder', url }],
        health: null,
        circuit: null,
        retry: null,
        timeouts: { connect: '1s', firstByte: '1s', body: '1s' },
      },
    },
  };
}
