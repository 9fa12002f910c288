/** Listeners: addresses that collide, clients that are cut off, and peers that are believed too easily. */
import type { SocketAddress } from '#core/plan.ts';
import type { Finding } from './checks.ts';
import { formatPath, type Path } from './problem.ts';
import type { Config } from './schema.ts';

/** How long load balancers in front (AWS ALB, for one) keep an unused connection unless told otherwise. */
const FRONT_IDLE_MS = 60_000;

export function listenerFindings(config: Config, data: unknown): Finding[] {
  return [
    ...collisions(config, data),
    ...config.listeners.flatMap((listener, at) => [
      ...idleBelowFront(listener, at),
      ...believesAll(listener, at),
      ...announcedByNobody(listener, at),
    ]),
  ];
}

function collisions(config: Config, data: unknown): Finding[] {
  const places = config.listeners.map(({ address }, at): [SocketAddress, Path] => [
    address,
    ['listeners', at, 'address'],
  ]);
  const { address } = config.admin;
  // Where the file does not choose the control plane's address, the listener is what has to move.
  if (address !== null) places[writesAdminAddress(data) ? 'push' : 'unshift']([address, ['admin', 'address']]);
  return places.flatMap(([own, path], at) => {
    const before = places.slice(0, at).find(([other]) => collide(own, other));
    if (before === undefined) return [];
    return [
      {
        path,
        about: [path, before[1]],
        message: `is taken by ${formatPath(before[1])} already; give one of them another port`,
      },
    ];
  });
}

function writesAdminAddress(data: unknown): boolean {
  const admin = (data as { admin?: unknown } | null)?.admin;
  return typeof admin === 'object' && admin !== null && 'address' in admin;
}

/** Every address of a machine includes each single one; `::` takes IPv4 too. */
function collide(a: SocketAddress, b: SocketAddress): boolean {
  if (a.kind === 'unix' || b.kind === 'unix') return a.kind === 'unix' && b.kind === 'unix' && a.path === b.path;
  if (a.port === 0 || a.port !== b.port) return false;
  return a.host === b.host || a.host === '::' || b.host === '::' || covers(a.host, b.host) || covers(b.host, a.host);
}

function covers(all: string, one: string): boolean {
  return all === '0.0.0.0' && !one.includes(':');
}

type Listener = Config['listeners'][number];

function idleBelowFront({ timeouts, trustedProxies }: Listener, at: number): Finding[] {
  if (trustedProxies.length === 0 || timeouts.idle === 0 || timeouts.idle > FRONT_IDLE_MS) return [];
  return [
    {
      path: ['listeners', at, 'timeouts', 'idle'],
      about: [
        ['listeners', at, 'timeouts'],
        ['listeners', at, 'trustedProxies'],
      ],
      severity: 'warning',
      message:
        'is not above the 60 s for which load balancers in front usually keep a connection; requests that they send just as it closes fail (502); `75s` is safe',
    },
  ];
}

function announcedByNobody({ address, proxyProtocol, trustedProxies }: Listener, at: number): Finding[] {
  if (!proxyProtocol || trustedProxies.length > 0 || address.kind === 'unix') return [];
  return [
    {
      path: ['listeners', at, 'proxyProtocol'],
      about: [
        ['listeners', at, 'proxyProtocol'],
        ['listeners', at, 'trustedProxies'],
      ],
      message:
        'believes nobody: name the networks of the proxies that send the header in `trustedProxies`; from others it is a bad request',
    },
  ];
}

function believesAll({ trustedProxies }: Listener, at: number): Finding[] {
  return trustedProxies.flatMap((cidr, index) =>
    cidr.endsWith('/0')
      ? [
          {
            path: ['listeners', at, 'trustedProxies', index],
            severity: 'warning' as const,
            message:
              'believes every client: anyone can choose the address that is logged, limited and forwarded; name the networks of your proxies',
          },
        ]
      : [],
  );
}
