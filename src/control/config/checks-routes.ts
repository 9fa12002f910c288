/** Routes: each goes to one place, can be reached, and edits only what may be edited. */
import type { Finding } from './checks.ts';
import type { Path } from './problem.ts';
import { managedBy } from './managed-fields.ts';
import { shorten } from './quantities.ts';
import type { Config, RouteConfig } from './schema.ts';

export function routeFindings(config: Config): Finding[] {
  return config.routes.flatMap((route, at) => {
    const path: Path = ['routes', at];
    return [
      ...target(route, path),
      ...unreachable(config.routes, at),
      ...strip(route, path),
      ...split(route, path),
      ...timeouts(route, path),
      ...sameField(Object.keys(route.match.headers), [...path, 'match', 'headers']),
      ...edits(route.headers.request, 'request', [...path, 'headers', 'request']),
      ...edits(route.headers.response, 'response', [...path, 'headers', 'response']),
    ];
  });
}

function target(route: RouteConfig, path: Path): Finding[] {
  const named = [
    ...(route.pool === undefined ? [] : ['pool']),
    ...(route.split === undefined ? [] : ['split']),
    ...(route.controlPlane ? ['controlPlane'] : []),
  ];
  if (named.length === 1) return [];
  const about = ['pool', 'split', 'controlPlane'].map((key) => [...path, key]);
  if (named.length === 0)
    return [{ path, about, message: 'goes nowhere; write `pool`, `split` or `controlPlane: true`' }];
  return [
    {
      path: [...path, named[1]],
      key: true,
      message: `${named.map((one) => `\`${one}\``).join(' and ')} exclude each other; keep one`,
    },
  ];
}

function unreachable(routes: readonly RouteConfig[], at: number): Finding[] {
  const before = routes.findIndex((earlier, index) => index < at && coversRoute(earlier, routes[at]));
  if (before === -1) return [];
  return [
    {
      path: ['routes', at],
      about: [
        ['routes', before],
        ['routes', at, 'match'],
      ],
      message: `can never match: route \`${routes[before].name}\` stands before it and takes all of its requests; move this one up, or narrow the other`,
    },
  ];
}

/** Whether `wide` takes every request that `narrow` would. */
export function coversRoute(wide: RouteConfig, narrow: RouteConfig): boolean {
  const a = wide.match;
  const b = narrow.match;
  if (!coversPath(a.path, b.path)) return false;
  const hosts =
    a.hosts.length === 0 ||
    (b.hosts.length > 0 && b.hosts.every((host) => a.hosts.some((one) => coversHost(one, host))));
  const methods =
    a.methods.length === 0 || (b.methods.length > 0 && b.methods.every((method) => a.methods.includes(method)));
  const wanted = new Map(Object.entries(b.headers).map(([name, value]) => [name.toLowerCase(), value]));
  const headers = Object.entries(a.headers).every(([name, value]) => {
    const other = wanted.get(name.toLowerCase());
    return other !== undefined && (value === true || value === other);
  });
  return hosts && methods && headers;
}

function coversPath(wide: RouteConfig['match']['path'], narrow: RouteConfig['match']['path']): boolean {
  if (wide.exact) return narrow.exact && wide.path === narrow.path;
  return wide.path === '/' || narrow.path === wide.path || narrow.path.startsWith(`${wide.path}/`);
}

function coversHost(wide: string, narrow: string): boolean {
  const [wideName, widePort] = parts(wide);
  const [narrowName, narrowPort] = parts(narrow);
  if (widePort !== '' && widePort !== narrowPort) return false;
  if (wideName === narrowName) return true;
  return (
    wideName.startsWith('*.') &&
    narrowName.replace(/^\*/, '').endsWith(wideName.slice(1)) &&
    narrowName.replace(/^\*/, '') !== wideName.slice(1)
  );
}

function parts(host: string): [name: string, port: string] {
  const match = /^(.*?)(?::(\d+))?$/.exec(host.startsWith('[') ? host.slice(host.indexOf(']')) : host);
  const port = match?.[2] ?? '';
  return [port === '' ? host : host.slice(0, -port.length - 1), port];
}

/** What is cut off must be there in everything that the route matches. */
function strip(route: RouteConfig, path: Path): Finding[] {
  const { stripPrefix } = route;
  const pattern = route.match.path.path;
  if (stripPrefix === '' || pattern === stripPrefix || pattern.startsWith(`${stripPrefix}/`)) return [];
  return [
    {
      path: [...path, 'stripPrefix'],
      about: [
        [...path, 'stripPrefix'],
        [...path, 'match', 'path'],
      ],
      message: `\`${shorten(stripPrefix)}\` is not how every path of this route begins (\`match.path\` is \`${shorten(pattern)}\`); match \`${shorten(stripPrefix)}/\`, or strip a part of \`${shorten(pattern)}\``,
    },
  ];
}

function split({ split: given }: RouteConfig, path: Path): Finding[] {
  if (given === undefined) return [];
  const findings: Finding[] = [];
  if (given.every(({ weight }) => weight === 0))
    findings.push({
      path: [...path, 'split'],
      message: 'every weight is 0, so no pool could be chosen; give one a weight above 0',
    });
  given.forEach(({ pool }, at) => {
    if (given.findIndex((part) => part.pool === pool) < at) {
      findings.push({
        path: [...path, 'split', at, 'pool'],
        about: [[...path, 'split']],
        message: `pool \`${shorten(pool)}\` stands twice in this split; add its weights up`,
      });
    }
  });
  return findings;
}

function timeouts({ timeouts: { total, perTry } }: RouteConfig, path: Path): Finding[] {
  if (total === 0 || perTry <= total) return [];
  return [
    {
      path: [...path, 'timeouts', 'perTry'],
      about: [[...path, 'timeouts']],
      message: `one try may take longer (${perTry} ms) than all of them together (\`total\`, ${total} ms); lower it, or raise \`total\``,
    },
  ];
}

function edits(given: RouteConfig['headers']['request'], side: 'request' | 'response', path: Path): Finding[] {
  const places = [
    ...Object.keys(given.set).map((name) => ({ name, verb: 'set' as const, path: [...path, 'set', name] })),
    ...Object.keys(given.add).map((name) => ({ name, verb: 'add' as const, path: [...path, 'add', name] })),
    ...given.remove.map((name, at) => ({ name, verb: 'remove' as const, path: [...path, 'remove', at] })),
  ];
  return [
    ...places.flatMap(({ name, verb, path: place }) => {
      const message = managedBy(name, side, verb);
      return message === null ? [] : [{ path: place, key: true, message }];
    }),
    ...sameField(Object.keys(given.set), [...path, 'set']),
    ...sameField(Object.keys(given.add), [...path, 'add']),
  ];
}

/** Names of fields have no letter case. */
function sameField(names: readonly string[], path: Path): Finding[] {
  return names.flatMap((name, at) => {
    const before = names.slice(0, at).find((other) => other.toLowerCase() === name.toLowerCase());
    return before === undefined
      ? []
      : [
          {
            path: [...path, name],
            key: true,
            message: `\`${shorten(name)}\` and \`${shorten(before)}\` are one field; keep one`,
          },
        ];
  });
}
