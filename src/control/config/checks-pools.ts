/** Pools: backends that can be chosen, and settings that go together. */
import type { Finding } from './checks.ts';
import type { Path } from './problem.ts';
import type { Config, PoolConfig } from './schema.ts';

export function poolFindings(config: Config, data: unknown): Finding[] {
  return Object.entries(config.pools).flatMap(([name, pool]) => {
    const path: Path = ['pools', name];
    return [
      ...members(pool, path),
      ...tiers(pool, path),
      ...sameUrl(pool, path),
      ...probeKinds(pool, given(data, [...path, 'health']), path),
      ...probeTimes(pool, path),
      ...orders(pool, path),
      ...halves(pool, path),
    ];
  });
}

/** The keys that the file itself writes at `path`. */
function given(data: unknown, path: Path): readonly string[] {
  let at: unknown = data;
  for (const step of path)
    at = typeof at === 'object' && at !== null ? (at as Record<string | number, unknown>)[step] : undefined;
  return typeof at === 'object' && at !== null ? Object.keys(at) : [];
}

function members(pool: PoolConfig, path: Path): Finding[] {
  const { backends } = pool;
  // Nobody knows yet what will be found.
  if (pool.discovery !== null) return [];
  const none = (message: string): Finding[] => [{ path, key: true, severity: 'warning', message }];
  if (backends.length === 0) return none('has no backends: every request to it is answered 503');
  if (backends.every(({ weight }) => weight === 0))
    return none('every backend has weight 0: every request to it is answered 503');
  if (backends.every(({ state }) => state !== 'active'))
    return none('no backend is `active`: every request to it is answered 503');
  return [];
}

function tiers(pool: PoolConfig, path: Path): Finding[] {
  if (pool.discovery !== null) return [];
  const present = new Set(pool.backends.map(({ tier }) => tier));
  const missing = Array.from({ length: Math.max(0, ...present) }, (_, tier) => tier).filter(
    (tier) => !present.has(tier),
  );
  if (missing.length === 0 || present.size === 0) return [];
  const highest = pool.backends.findIndex(({ tier }) => tier > (missing[0] ?? 0));
  const what = missing.length === 1 ? `tier ${missing[0]}` : `tiers ${missing.join(', ')}`;
  return [
    {
      path: [...path, 'backends', highest, 'tier'],
      about: [
        [...path, 'backends'],
        [...path, 'discovery'],
      ],
      severity: 'warning',
      message: `no backend of this pool is of ${what}; tiers count up from 0 without gaps`,
    },
  ];
}

function sameUrl(pool: PoolConfig, path: Path): Finding[] {
  const seen = new Map<string, number>();
  return pool.backends.flatMap((backend, at) => {
    const first = seen.get(backend.url.url) ?? at;
    seen.set(backend.url.url, first);
    // Without ids they have the same one, which is an error of its own.
    if (first === at || (backend.id ?? '') === (pool.backends[first].id ?? '')) return [];
    return [
      {
        path: [...path, 'backends', at, 'url'],
        about: [[...path, 'backends']],
        severity: 'warning' as const,
        message: `\`${backend.url.url}\` is a backend of this pool already; give one backend more \`weight\` instead`,
      },
    ];
  });
}

/** What only an HTTP probe has. */
const HTTP_PROBE_KEYS = ['path', 'method', 'host', 'status', 'body'];

function probeKinds({ health }: PoolConfig, keys: readonly string[], path: Path): Finding[] {
  if (health?.tcp !== true) return [];
  return keys
    .filter((key) => HTTP_PROBE_KEYS.includes(key))
    .map((key) => ({
      path: [...path, 'health', key],
      key: true,
      message: `a TCP probe has no \`${key}\`; leave it out, or leave \`tcp\` out`,
    }));
}

function probeTimes({ health }: PoolConfig, path: Path): Finding[] {
  if (health === null || health.timeout <= health.interval) return [];
  return [
    {
      path: [...path, 'health', 'timeout'],
      about: [[...path, 'health']],
      severity: 'warning',
      message: `a probe may take longer (${health.timeout} ms) than the interval (${health.interval} ms), so the next one waits for it`,
    },
  ];
}

/** Pairs of which the second may not be below the first. */
/** A certificate is of no use without its key, nor a key without its certificate. */
function halves({ tls }: PoolConfig, path: Path): Finding[] {
  if (tls === null || (tls.cert === null) === (tls.key === null)) return [];
  const [has, lacks] = tls.cert === null ? (['key', 'cert'] as const) : (['cert', 'key'] as const);
  return [
    {
      path: [...path, 'tls', has],
      about: [[...path, 'tls']],
      message: `stands alone; write \`${lacks}\` too, or leave both out`,
    },
  ];
}

function orders({ circuit, retry }: PoolConfig, path: Path): Finding[] {
  const findings: Finding[] = [];
  if (circuit !== null && circuit.maxOpenFor < circuit.openFor) {
    findings.push({
      path: [...path, 'circuit', 'maxOpenFor'],
      about: [[...path, 'circuit']],
      message: '`maxOpenFor` is below `openFor`; it bounds how far that doubles',
    });
  }
  if (retry !== null && retry.backoff.max < retry.backoff.base) {
    findings.push({
      path: [...path, 'retry', 'backoff', 'max'],
      about: [[...path, 'retry', 'backoff']],
      message: '`max` is below `base`; it bounds how far that doubles',
    });
  }
  return findings;
}
