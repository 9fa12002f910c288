import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from './load.ts';
import { formatProblem } from './problem.ts';

const linesOf = (text: string): string[] => loadConfig(text, 'f', {}).problems.map(formatProblem);

const POOL = 'pools: { app: { backends: ["http://127.0.0.1:3000"] } }\n';
const routes = (...list: string[]): string => `${POOL}routes:\n${list.map((one) => `  - { ${one} }\n`).join('')}`;
const pool = (...lines: string[]): string => `pools:\n  app:\n${lines.map((line) => `    ${line}\n`).join('')}`;

/** No lines: the file is fine. */
function check(cases: readonly (readonly [text: string, ...lines: string[]])[]): void {
  for (const [text, ...lines] of cases) assert.deepEqual(linesOf(text), lines, text);
}

test('routes go to one place that exists', () => {
  check([
    [routes('name: a, pool: ap'), 'f:3:22: routes[0].pool: there is no pool `ap`; did you mean `app`?'],
    [routes('name: a'), 'f:3:5: routes[0]: goes nowhere; write `pool`, `split` or `controlPlane: true`'],
    [
      routes('name: a, pool: app, controlPlane: true'),
      'f:3:27: routes[0].controlPlane: `pool` and `controlPlane` exclude each other; keep one',
    ],
    [
      routes('name: a, pool: app, split: [{ pool: app, weight: 1 }]'),
      'f:3:27: routes[0].split: `pool` and `split` exclude each other; keep one',
    ],
    [
      routes('name: a, split: [{ pool: x, weight: 1 }, { pool: app, weight: 1 }]'),
      'f:3:32: routes[0].split[0].pool: there is no pool `x`; known here: `app`',
    ],
    [
      routes('name: a, split: [{ pool: app, weight: 0 }]'),
      'f:3:23: routes[0].split: every weight is 0, so no pool could be chosen; give one a weight above 0',
    ],
    [
      routes('name: a, split: [{ pool: app, weight: 1 }, { pool: app, weight: 2 }]'),
      'f:3:58: routes[0].split[1].pool: pool `app` stands twice in this split; add its weights up',
    ],
    [
      routes('name: a, pool: app, rateLimits: [per-clent]'),
      'f:3:40: routes[0].rateLimits[0]: there is no rate limit `per-clent`; did you mean `per-client`?',
    ],
  ]);
});

const never = (line: number, at: number, by: string): string =>
  `f:${line}:5: routes[${at}]: can never match: route \`${by}\` stands before it and takes all of its requests; move this one up, or narrow the other`;

test('routes that an earlier one covers can never match', () => {
  const pairs: [earlier: string, later: string, covered: boolean][] = [
    ['path: /', 'path: /x', true],
    ['path: /x', 'path: /x/', true],
    ['path: /x', 'path: /x/y', true],
    ['path: /x', 'path: =/x/y', true],
    ['path: =/x', 'path: =/x', true],
    ['path: =/x', 'path: /x', false],
    ['path: /x', 'path: /xy', false],
    ['path: /x', 'path: /', false],
    ['hosts: [a.com]', 'hosts: [a.com]', true],
    ['hosts: [a.com, b.com]', 'hosts: [B.com]', true],
    ['hosts: [a.com]', 'hosts: [a.com, b.com]', false],
    ['hosts: [a.com]', 'path: /', false],
    ['hosts: ["*.a.com"]', 'hosts: [x.a.com]', true],
    ['hosts: ["*.a.com"]', 'hosts: ["*.x.a.com"]', true],
    ['hosts: ["*.a.com"]', 'hosts: [a.com]', false],
    ['hosts: ["*.x.a.com"]', 'hosts: ["*.a.com"]', false],
    ['hosts: [a.com]', 'hosts: ["a.com:81"]', true],
    ['hosts: ["a.com:81"]', 'hosts: [a.com]', false],
    ['hosts: ["[::1]"]', 'hosts: ["[::1]:81"]', true],
    ['hosts: ["[::1]:81"]', 'hosts: ["[::1]"]', false],
    ['methods: [GET, HEAD]', 'methods: [GET]', true],
    ['methods: [GET]', 'methods: [GET, HEAD]', false],
    ['methods: [GET]', 'path: /', false],
    ['headers: { x-a: true }', 'headers: { X-A: "1" }', true],
    ['headers: { x-a: "1" }', 'headers: { x-a: "1", x-b: "2" }', true],
    ['headers: { x-a: "1" }', 'headers: { x-a: true }', false],
    ['headers: { x-a: "1" }', 'headers: { x-b: "1" }', false],
  ];
  for (const [earlier, later, covered] of pairs) {
    const text = routes(`name: a, pool: app, match: { ${earlier} }`, `name: b, pool: app, match: { ${later} }`);
    assert.deepEqual(linesOf(text), covered ? [never(4, 1, 'a')] : [], `${earlier} before ${later}`);
  }
});

test('names are unique and fit to be names', () => {
  check([
    [
      routes('name: a, pool: app, match: { path: /a }', 'name: a, pool: app'),
      'f:4:13: routes[1].name: a route is called `a` already (routes[0].name); give this one another name',
    ],
    [
      `${POOL}listeners: [{ address: ":1" }, { address: ":2" }]`,
      'f:2:32: listeners[1].name: a listener is called `public` already (listeners[0].name); give this one another name',
    ],
    [
      pool('backends: [{ id: a, url: "http://a:1" }, { id: a, url: "http://b:1" }, "http://c:1", "http://c:1"]'),
      'f:3:52: pools.app.backends[1].id: a backend of this pool is called `a` already (pools.app.backends[0].id); give this one another name',
      'f:3:90: pools.app.backends[3]: a backend of this pool is called `c:1` already (pools.app.backends[2]); give this one another name',
    ],
    [
      'pools: { "@control": { backends: ["http://a:1"] } }',
      'f:1:10: pools.@control: `@control` cannot be a name; a name has 1 to 63 letters, digits, `.`, `_` or `-`, and begins with a letter or digit',
    ],
  ]);
});

test('pools: used, not empty, without gaps and doubles', () => {
  check([
    [
      'pools: {}',
      'f:1:8: pools: names no pool, so no request can be forwarded; write `app: { backends: ["http://127.0.0.1:3000"] }`',
    ],
    [
      'pools: { a: { backends: ["http://a:1"] }, b: { backends: ["http://b:1"] } }',
      'f:1:1: pools: there are 2 pools and no `routes`; say which requests go to which',
    ],
    [
      'pools:\n  a: { backends: ["http://a:1"] }\n  b: { backends: ["http://b:1"] }\nroutes: [{ name: a, pool: a }]',
      'f:3:3: warning: pools.b: no route uses this pool',
    ],
    [pool('backends: []'), 'f:2:3: warning: pools.app: has no backends: every request to it is answered 503'],
    [
      pool('backends: [{ url: "http://a:1", weight: 0 }]'),
      'f:2:3: warning: pools.app: every backend has weight 0: every request to it is answered 503',
    ],
    [
      pool('backends: [{ url: "http://a:1" }, { url: "http://b:1", tier: 3 }]'),
      'f:3:66: warning: pools.app.backends[1].tier: no backend of this pool is of tiers 1, 2; tiers count up from 0 without gaps',
    ],
    [
      pool('backends: [{ url: "http://a:1", tier: 1 }]'),
      'f:3:43: warning: pools.app.backends[0].tier: no backend of this pool is of tier 0; tiers count up from 0 without gaps',
    ],
    [
      pool('backends: [{ id: a, url: "http://a:1" }, { id: b, url: "http://a:1/" }]'),
      'f:3:60: warning: pools.app.backends[1].url: `http://a:1` is a backend of this pool already; give one backend more `weight` instead',
    ],
  ]);
});

test('probes and bounds that go together', () => {
  const backends = 'backends: ["http://a:1"]';
  check([
    [
      pool(backends, 'health: { tcp: true, path: /x }'),
      'f:4:26: pools.app.health.path: a TCP probe has no `path`; leave it out, or leave `tcp` out',
    ],
    [pool(backends, 'health: { tcp: true }')],
    [pool(backends, 'health: { interval: 1s }')],
    [
      pool(backends, 'health: { interval: 1s, timeout: 2s }'),
      'f:4:38: warning: pools.app.health.timeout: a probe may take longer (2000 ms) than the interval (1000 ms), so the next one waits for it',
    ],
    [
      pool(backends, 'circuit: { openFor: 5s, maxOpenFor: 1s }'),
      'f:4:41: pools.app.circuit.maxOpenFor: `maxOpenFor` is below `openFor`; it bounds how far that doubles',
    ],
    [
      pool(backends, 'retry: { backoff: { base: 1s, max: 1ms } }'),
      'f:4:40: pools.app.retry.backoff.max: `max` is below `base`; it bounds how far that doubles',
    ],
    [
      routes('name: a, pool: app, timeouts: { total: 1s, perTry: 2s }'),
      'f:3:58: routes[0].timeouts.perTry: one try may take longer (2000 ms) than all of them together (`total`, 1000 ms); lower it, or raise `total`',
    ],
    [routes('name: a, pool: app, timeouts: { total: 1s }')],
    [routes('name: a, pool: app, timeouts: { total: 0, perTry: 1h }')],
  ]);
});

test('what is stripped is what every path begins with', () => {
  check([
    [routes('name: a, pool: app, match: { path: /x/y }, stripPrefix: /x')],
    [routes('name: a, pool: app, match: { path: =/x }, stripPrefix: /x/')],
    [
      routes('name: a, pool: app, match: { path: /xy }, stripPrefix: /x'),
      'f:3:62: routes[0].stripPrefix: `/x` is not how every path of this route begins (`match.path` is `/xy`); match `/x/`, or strip a part of `/xy`',
    ],
  ]);
});

test('header fields that are not for editing', () => {
  const edit = (edits: string): string => routes(`name: a, pool: app, headers: { ${edits} }`);
  check([
    [edit('request: { set: { host: app.internal, x-a: b }, remove: [cookie] }, response: { add: { via: x } }')],
    [
      edit('request: { set: { Connection: close } }'),
      'f:3:56: routes[0].headers.request.set.Connection: `Connection` says how a message is framed or a connection used; only the proxy itself may write it',
    ],
    [
      edit('request: { remove: [x-forwarded-for, host] }'),
      'f:3:58: routes[0].headers.request.remove[0]: `x-forwarded-for` is written by the proxy itself and cannot be edited',
      'f:3:75: routes[0].headers.request.remove[1]: a request has exactly one `host`; it can be `set`, not added or removed',
    ],
    [
      edit('response: { add: { "a b": x } }'),
      'f:3:57: routes[0].headers.response.add["a b"]: `a b` is not the name of a header field',
    ],
    [
      edit('response: { set: { X-A: x, x-a: y } }'),
      'f:3:65: routes[0].headers.response.set.x-a: `x-a` and `X-A` are one field; keep one',
    ],
    [
      edit('response: { set: { x-a: "a\\r\\nb: c" } }'),
      'f:3:62: routes[0].headers.response.set.x-a: a header value holds visible ASCII, with spaces only inside it; encode anything else',
    ],
  ]);
});

test('listeners: addresses that collide, peers and times that surprise', () => {
  const taken = (line: number, column: number, path: string, by: string): string =>
    `f:${line}:${column}: ${path}: is taken by ${by} already; give one of them another port`;
  const listeners = (...addresses: string[]): string =>
    `${POOL}listeners:\n${addresses.map((address, at) => `  - { name: l${at}, address: "${address}" }\n`).join('')}`;
  check([
    [listeners('127.0.0.1:80', '127.0.0.2:80', '[::1]:80', '0.0.0.0:81', ':0', ':0')],
    [listeners('127.0.0.1:80', '80'), taken(4, 26, 'listeners[1].address', 'listeners[0].address')],
    [listeners('127.0.0.1:80', '[::]:80'), taken(4, 26, 'listeners[1].address', 'listeners[0].address')],
    [listeners('0.0.0.0:80', '[::1]:80')],
    [listeners('unix:/a', 'unix:/a'), taken(4, 26, 'listeners[1].address', 'listeners[0].address')],
    [listeners(':9090'), taken(3, 26, 'listeners[0].address', 'admin.address')],
    [`${listeners(':9000')}admin: { address: ":9000" }`, taken(4, 19, 'admin.address', 'listeners[0].address')],
    [`${listeners(':9090')}admin: { address: null }`],
    [
      `${POOL}listeners: [{ timeouts: { idle: 30s }, trustedProxies: [0.0.0.0/0] }]`,
      'f:2:33: warning: listeners[0].timeouts.idle: is not above the 60 s for which load balancers in front usually keep a connection; requests that they send just as it closes fail (502); `75s` is safe',
      'f:2:57: warning: listeners[0].trustedProxies[0]: believes every client: anyone can choose the address that is logged, limited and forwarded; name the networks of your proxies',
    ],
    [`${POOL}listeners: [{ timeouts: { idle: 30s } }]`],
  ]);
});

test('no more than shared memory has room for', () => {
  const many = (count: number, line: (at: number) => string): string =>
    Array.from({ length: count }, (_, at) => line(at)).join('');
  const urls = (count: number): string => many(count, (at) => `      - http://10.0.${at >> 8}.${at & 255}:80\n`);
  check([
    [`pools:\n  app:\n    backends:\n${urls(8191)}`],
    [
      `pools:\n  app:\n    backends:\n${urls(8192)}`,
      'f:1:1: pools: 8192 backends are more than there is room for; the most is 8191 (one more serves the control plane)',
    ],
    [
      `${POOL}routes:\n${many(257, (at) => `  - { name: r${at}, pool: app, match: { path: /${at} } }\n`)}`,
      'f:2:1: routes: 257 routes are more than there is room for; the most is 256',
    ],
  ]);
  const pools = many(257, (at) => `  p${at}: { backends: ["http://a:1"] }\n`);
  const split = many(256, (at) => `  - { name: r${at}, pool: p${at}, match: { path: /${at} } }\n`);
  assert.deepEqual(linesOf(`pools:\n${pools}routes:\n${split}`), [
    'f:1:1: pools: 257 pools are more than there is room for; the most is 256',
  ]);
});
