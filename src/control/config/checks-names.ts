/** Names: unique, known where they are used, used where they are known, and no more than there is room for. */
import { DEFAULT_CAPACITY } from '#memory/layout.ts';
import { RESERVED_TOKEN_NAMES } from '../auth/token.ts';
import { backendIdOf } from './backends.ts';
import type { Finding } from './checks.ts';
import { NAME, NAME_HELP } from './fields.ts';
import { suggestion } from './nearest.ts';
import { formatPath, type Path } from './problem.ts';
import { goesNowhere } from './routes.ts';
import { shorten } from './quantities.ts';
import { DEFAULT_RATE_LIMIT } from './schema-control.ts';
import type { Config, ReadConfig } from './schema.ts';

export function nameFindings(config: Config, read: ReadConfig, data: unknown): Finding[] {
  return [
    ...badKeys(['pools'], Object.keys(config.pools)),
    ...badKeys(['rateLimits'], Object.keys(config.rateLimits)),
    ...twice(
      config.listeners.map(({ name }, at) => [name, ['listeners', at, 'name']]),
      'a listener',
    ),
    ...twice(
      config.routes.map(({ name }, at) => [name, ['routes', at, 'name']]),
      'a route',
    ),
    ...twice(
      config.admin.tokens.map(({ name }, at) => [name, ['admin', 'tokens', at, 'name']]),
      'a token',
    ),
    ...reservedTokens(config),
    ...Object.entries(config.pools).flatMap(([pool, { backends }]) =>
      twice(
        backends.map((backend, at) => [
          backendIdOf(backend),
          ['pools', pool, 'backends', at, ...(backend.id === undefined ? [] : ['id'])],
        ]),
        'a backend of this pool',
      ),
    ),
    ...(read.routes === undefined ? missingRoutes(config) : poolReferences(config, keysOf(data, 'pools'))),
    ...limitReferences(config, [DEFAULT_RATE_LIMIT, ...keysOf(data, 'rateLimits')]),
  ];
}

/** Names that the file gives, those of parts that could not be read included. */
function keysOf(data: unknown, section: string): string[] {
  const part = (data as Record<string, unknown> | null)?.[section];
  return typeof part === 'object' && part !== null ? Object.keys(part) : [];
}

function badKeys(parent: Path, keys: readonly string[]): Finding[] {
  return keys
    .filter((key) => !NAME.test(key))
    .map((key) => ({
      path: [...parent, key],
      key: true,
      message: `\`${shorten(key)}\` cannot be a name; ${NAME_HELP}`,
    }));
}

function twice(names: readonly (readonly [name: string, path: Path])[], what: string): Finding[] {
  const first = new Map<string, Path>();
  const findings: Finding[] = [];
  for (const [name, path] of names) {
    const before = first.get(name);
    if (before === undefined) first.set(name, path);
    else
      findings.push({
        path,
        about: [path, before],
        message: `${what} is called \`${shorten(name)}\` already (${formatPath(before)}); give this one another name`,
      });
  }
  return findings;
}

function reservedTokens(config: Config): Finding[] {
  return config.admin.tokens.flatMap(({ name }, at) =>
    RESERVED_TOKEN_NAMES.includes(name)
      ? [
          {
            path: ['admin', 'tokens', at, 'name'],
            message: `\`${name}\` is what the product itself is called in the audit; give this token another name`,
          },
        ]
      : [],
  );
}

const NO_ROUTES: readonly Path[] = [['pools'], ['routes']];

/** Without routes the only pool gets `/proxy/`; with none or several nobody can know. */
function missingRoutes(config: Config): Finding[] {
  const pools = Object.keys(config.pools);
  if (pools.length === 1) return [];
  if (pools.length === 0)
    return [
      {
        path: ['pools'],
        about: NO_ROUTES,
        message: 'names no pool, so no request can be forwarded; write `app: { backends: ["http://127.0.0.1:3000"] }`',
      },
    ];
  return [
    {
      path: ['pools'],
      about: NO_ROUTES,
      key: true,
      message: `there are ${pools.length} pools and no \`routes\`; say which requests go to which`,
    },
  ];
}

function poolReferences(config: Config, pools: readonly string[]): Finding[] {
  const used = new Set<string>();
  const findings: Finding[] = [];
  const refer = (name: string | undefined, path: Path): void => {
    if (name === undefined) return;
    used.add(name);
    if (!pools.includes(name))
      findings.push({ path, message: `there is no pool \`${shorten(name)}\`${suggestion(name, pools)}` });
  };
  config.routes.forEach((route, at) => {
    refer(route.pool, ['routes', at, 'pool']);
    route.split?.forEach((part, index) => refer(part.pool, ['routes', at, 'split', index, 'pool']));
    refer(route.mirror?.pool, ['routes', at, 'mirror', 'pool']);
  });
  // A pool that is misspelt, or left out where it should be named, is not unused.
  if (findings.length > 0 || config.routes.some(goesNowhere)) return findings;
  for (const pool of pools) {
    if (!used.has(pool))
      findings.push({
        path: ['pools', pool],
        about: [['routes']],
        key: true,
        severity: 'warning',
        message: 'no route uses this pool',
      });
  }
  return findings;
}

function limitReferences(config: Config, known: readonly string[]): Finding[] {
  return config.routes.flatMap((route, at) =>
    route.rateLimits.flatMap((limit, index) =>
      known.includes(limit)
        ? []
        : [
            {
              path: ['routes', at, 'rateLimits', index],
              message: `there is no rate limit \`${shorten(limit)}\`${suggestion(limit, known)}`,
            },
          ],
    ),
  );
}

/** More than there is room for. */
export function capacityFindings(config: Config): Finding[] {
  const { slots, routes, pools } = DEFAULT_CAPACITY;
  const control = config.routes.some((route) => route.controlPlane) ? 1 : 0;
  const findings: Finding[] = [];
  const bound = (count: number, own: number, most: number, path: Path, what: string): void => {
    if (count + own <= most) return;
    const room = own === 0 ? String(most) : `${most - own} (one more serves the control plane)`;
    findings.push({
      path,
      key: true,
      message: `${count} ${what} are more than there is room for; the most is ${room}`,
    });
  };
  const backends = Object.values(config.pools).reduce((sum, pool) => sum + pool.backends.length, 0);
  bound(config.routes.length, 0, routes, ['routes'], 'routes');
  bound(Object.keys(config.pools).length, control, pools, ['pools'], 'pools');
  bound(backends, control, slots, ['pools'], 'backends');
  return findings;
}
