import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { METHOD_SERIES } from '#memory/counters.ts';
import type { RoutePlan } from '../plan.ts';
import { Router, type RouteQuery } from './match.ts';

interface Request {
  readonly path: string;
  readonly host?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const NO_EDITS = { remove: [], set: [], add: [] };

/** `=/x` is exact, as in the configuration. */
function route(path: string, match: Partial<RoutePlan['match']> = {}): RoutePlan {
  const exact = path.startsWith('=');
  return {
    name: path,
    row: 0,
    match: { hosts: [], methods: [], headers: [], ...match, path: exact ? path.slice(1) : path, exact },
    stripPrefix: '',
    split: [{ pool: 0, weight: 1 }],
    controlPlane: false,
    rateLimits: [],
    timeouts: { totalMs: 0, perTryMs: 0 },
    headers: { request: NO_EDITS, response: NO_EDITS },
  };
}

function query({ path, host = '', method = 'GET', headers = {} }: Request): RouteQuery {
  const number = (METHOD_SERIES as readonly string[]).indexOf(method);
  const buf = Buffer.from(`${method} ${path} ${host}`, 'latin1');
  const pathStart = method.length + 1;
  const pathEnd = pathStart + path.length;
  return {
    buf,
    hostStart: pathEnd + 1,
    hostEnd: pathEnd + 1 + host.length,
    pathStart,
    pathEnd,
    method: Math.max(0, number),
    methodStart: 0,
    methodEnd: method.length,
    header: (name) => headers[name] ?? null,
  };
}

/** The path pattern of the route that the request takes, or null. */
function taken(routes: readonly RoutePlan[], request: Request): string | null {
  const index = new Router(routes).match(query(request));
  return index === -1 ? null : routes[index].name;
}

test('prefixes end on segment borders, and a closing slash changes nothing', () => {
  for (const pattern of ['/api', '/api/']) {
    const routes = [route(pattern)];
    for (const path of ['/api', '/api/', '/api/x', '/api/x/y/', '/api/.well-known'])
      assert.equal(taken(routes, { path }), pattern, path);
    for (const path of ['/', '/ap', '/apix', '/apix/api', '/API', '/x/api'])
      assert.equal(taken(routes, { path }), null, path);
  }
});

test('/ takes everything, an empty path included', () => {
  for (const path of ['/', '/x', '/x//y', '', '/a%20b', '/;x']) assert.equal(taken([route('/')], { path }), '/', path);
});

test('exact paths are the whole path', () => {
  const routes = [route('=/x'), route('=/')];
  assert.equal(taken(routes, { path: '/x' }), '=/x');
  assert.equal(taken(routes, { path: '/' }), '=/');
  assert.equal(taken(routes, { path: '' }), '=/');
  for (const path of ['/x/', '/xy', '/x/y']) assert.equal(taken(routes, { path }), null, path);
});

test('the first match wins', () => {
  const routes = [route('=/a/b'), route('/a'), route('/a/b'), route('/')];
  assert.equal(taken(routes, { path: '/a/b' }), '=/a/b');
  assert.equal(taken(routes, { path: '/a/b/c' }), '/a');
  assert.equal(taken(routes, { path: '/b' }), '/');
});

test('hosts: letter case, ports, closing dots, wildcards', () => {
  const cases: [pattern: string, host: string, matches: boolean][] = [
    ['example.com', 'example.com', true],
    ['example.com', 'EXAMPLE.com', true],
    ['example.com', 'example.com:8080', true],
    ['example.com', 'example.com.', true],
    ['example.com', 'example.com.:80', true],
    ['example.com', 'example.com:', true],
    ['example.com', 'example.org', false],
    ['example.com', 'a.example.com', false],
    ['example.com', 'xexample.com', false],
    ['example.com', '', false],
    ['example.com:8443', 'example.com:8443', true],
    ['example.com:8443', 'example.com:443', false],
    ['example.com:8443', 'example.com', false],
    ['*.example.com', 'a.example.com', true],
    ['*.example.com', 'a.B.example.com:1', true],
    ['*.example.com', 'example.com', false],
    ['*.example.com', '.example.com', false],
    ['*.example.com', 'aexample.com', false],
    ['*.example.com:81', 'a.example.com:81', true],
    ['*.example.com:81', 'a.example.com:82', false],
    ['10.0.0.1', '10.0.0.1:80', true],
    ['10.0.0.1', '10.0.0.11', false],
    ['[::1]', '[::1]:8080', true],
    ['[::1]', '[::1]', true],
    ['[::1]:8080', '[::1]:8080', true],
    ['[::1]:8080', '[::1]', false],
    ['[::2]', '[::1]', false],
  ];
  for (const [pattern, host, matches] of cases) {
    assert.equal(
      taken([route('/', { hosts: [pattern] })], { path: '/', host }),
      matches ? '/' : null,
      `${pattern} and ${host}`,
    );
  }
  assert.equal(taken([route('/', { hosts: ['a.test', 'b.test'] })], { path: '/', host: 'b.test' }), '/');
});

test('methods: every known one by number, others by their bytes', () => {
  for (const method of METHOD_SERIES.slice(1)) {
    assert.equal(taken([route('/', { methods: [method] })], { path: '/', method }), '/', method);
    assert.equal(taken([route('/', { methods: [method] })], { path: '/', method: 'PURGE' }), null, method);
  }
  const purge = [route('/', { methods: ['PURGE', 'GET'] })];
  assert.equal(taken(purge, { path: '/', method: 'PURGE' }), '/');
  assert.equal(taken(purge, { path: '/', method: 'GET' }), '/');
  for (const method of ['PURGES', 'PURG', 'purge', 'HEAD'])
    assert.equal(taken(purge, { path: '/', method }), null, method);
});

test('headers: presence or the exact value, all of them', () => {
  const headers = [
    { name: 'x-a', value: null },
    { name: 'x-b', value: 'one' },
  ];
  const routes = [route('/', { headers })];
  assert.equal(taken(routes, { path: '/', headers: { 'x-a': '', 'x-b': 'one' } }), '/');
  assert.equal(taken(routes, { path: '/', headers: { 'x-b': 'one' } }), null);
  assert.equal(taken(routes, { path: '/', headers: { 'x-a': 'x', 'x-b': 'One' } }), null);
});

const SITE = [route('/proxy/'), route('/')];

test('what leaves a prefix in any reading has no route', () => {
  const escapes = [
    '/proxy/../admin',
    '/proxy/..',
    '/proxy/a/../../admin',
    '/proxy/%2e%2e/admin',
    '/proxy/.%2E/admin',
    '/proxy/..%2fadmin',
    '/proxy/a%2f..%2f..%2fadmin',
    '/proxy/a%2fb/../../admin',
    '/proxy/a%2fb/..%2f..%2fadmin',
    '/proxy//../admin',
    '/proxy/./../admin',
    '/proxy/a//..//../admin',
    '/proxy/..;/admin',
    '/proxy/..;v=1/admin',
    '/proxy/;x/../admin',
    '/proxy/..\\admin',
    '/proxy/a\\..\\..\\admin',
    '/proxy/..%5cadmin',
    '/proxy/%5c..%5cadmin',
    '/proxy/../proxy/x',
    '/proxy/../../proxy/x',
    '/../proxy/x',
    '/proxy/a%00',
  ];
  for (const path of escapes) assert.equal(taken(SITE, { path }), null, path);
});

test('what another reading would give to an earlier route has no route', () => {
  for (const path of [
    '//proxy/x',
    '/./proxy/x',
    '/%70roxy/x',
    '/proxy%2fx',
    '/proxy%5cx',
    '/proxy;v=1/x',
    '/a/../proxy/x',
    '\\proxy\\x',
  ]) {
    assert.equal(taken(SITE, { path }), null, path);
  }
  assert.equal(taken([route('=/a'), route('/a')], { path: '/a/b/..' }), null);
  const guarded = [route('/app/admin'), route('=/app/login'), route('/app')];
  const dodges = [
    '/app//admin',
    '/app/./admin',
    '/app/%61dmin',
    '/app/admin%2fx',
    '/app/admin;x',
    '/app/x/../admin',
    '/app/login/.',
    '/app/log%69n',
    '/app//login/',
  ];
  for (const path of dodges) assert.equal(taken(guarded, { path }), null, path);
});

test('odd paths that every reading gives to one route have it', () => {
  const inside = [
    '/proxy/a%20b',
    '/proxy/a%2Fb',
    '/proxy//x',
    '/proxy/https://x/',
    '/proxy/.',
    '/proxy/.x',
    '/proxy/...',
    '/proxy/a;v=1',
    '/proxy/a/../b',
    '/proxy/a/..',
    '/proxy/%7Ea',
    '/proxy/100%',
  ];
  for (const path of inside) assert.equal(taken(SITE, { path }), '/proxy/', path);
  for (const path of ['/admin/a%20b', '/.well-known/x', '/x//proxy', '/a;proxy', '/caf%C3%A9'])
    assert.equal(taken(SITE, { path }), '/', path);
  assert.equal(taken([route('/')], { path: '/a/../b' }), '/');
  assert.equal(taken([route('/')], { path: '/../b' }), null, 'above the root');
  assert.equal(taken([route('=/a%20b'), route('/')], { path: '/a%20b' }), '=/a%20b');
  assert.equal(taken([route('=/a%20b'), route('/')], { path: '/%61%20b' }), null);
});

test('an earlier route that refuses the request for another reason is no danger', () => {
  const routes = [
    route('/app/admin', { hosts: ['internal.test'] }),
    route('/app/admin', { methods: ['POST'] }),
    route('/app'),
  ];
  assert.equal(taken(routes, { path: '/app//admin', host: 'example.com' }), '/app');
  assert.equal(taken(routes, { path: '/app/x/../y', host: 'example.com' }), '/app');
  assert.equal(taken(routes, { path: '/app//admin', host: 'internal.test' }), null);
  assert.equal(taken(routes, { path: '/app/x/../y', method: 'POST' }), null);
});

/** Every way in which a backend may read a path, as text. */
function readings(path: string): string[] {
  const all: string[] = [];
  for (let flags = 0; flags < 128; flags++) {
    const has = (bit: number): boolean => (flags & (1 << bit)) !== 0;
    let text = has(6) ? path.replaceAll(/;[^/]*/g, '') : path;
    if (has(0))
      text = text.replaceAll(/%(2e|3b|61|64)/gi, (coded) => String.fromCharCode(Number.parseInt(coded.slice(1), 16)));
    if (has(1)) text = text.replaceAll(/%2f/gi, '/');
    if (has(2)) text = text.replaceAll(/\\|%5c/gi, '/');
    if (has(3)) text = text.replaceAll(/;[^/]*/g, '');
    if (has(4)) text = text.replaceAll(/\/{2,}/g, '/');
    if (has(5)) text = resolved(text);
    all.push(text);
  }
  return all;
}

/** remove_dot_segments of RFC 3986, section 5.2.4. */
function resolved(path: string): string {
  const out: string[] = [];
  const segments = path.split('/').slice(1);
  segments.forEach((segment, at) => {
    if (segment === '..') out.pop();
    else if (segment !== '.') out.push(segment);
    if (at === segments.length - 1 && (segment === '.' || segment === '..')) out.push('');
  });
  return `/${out.join('/')}`;
}

test('property: no reading of a path that has a route gives it to another', () => {
  const piece = fc.constantFrom(
    '/',
    '/',
    '/',
    'a',
    'a',
    'd',
    'ad',
    '.',
    '..',
    '%2e',
    '%2F',
    '%61',
    '\\',
    '%5c',
    ';',
    ';v',
    '%20',
  );
  const paths = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`);
  const patterns = fc.uniqueArray(fc.constantFrom('/a', '=/a', '/a/d', '=/a/d', '/d', '=/ad', '/ad/a', '/'), {
    minLength: 1,
    maxLength: 5,
  });
  let routed = 0;
  fc.assert(
    fc.property(patterns, paths, (list, path) => {
      const routes = list.map((pattern) => route(pattern));
      const router = new Router(routes);
      const index = router.match(query({ path }));
      if (index === -1) return;
      routed++;
      for (const reading of readings(path)) {
        const first = routes.findIndex(({ match }) => {
          if (match.exact) return reading === match.path;
          return match.path === '/' || reading === match.path || reading.startsWith(`${match.path}/`);
        });
        assert.equal(first === -1 ? null : routes[first].name, routes[index].name, `${path} read as ${reading}`);
      }
    }),
    { numRuns: 5000 },
  );
  assert.ok(routed > 500, `only ${routed} paths had a route`);
});

test('property: plain paths match as their text does', () => {
  const segment = fc.constantFrom('a', 'b', 'ab', 'a.b', 'x-y');
  const paths = fc
    .tuple(fc.array(segment, { maxLength: 5 }), fc.boolean())
    .map(([parts, closed]) => `/${parts.join('/')}${closed && parts.length > 0 ? '/' : ''}`);
  fc.assert(
    fc.property(paths, paths, (pattern, path) => {
      const prefix = pattern.replace(/\/$/, '');
      const expected = path === prefix || path.startsWith(`${prefix}/`);
      assert.equal(taken([route(pattern)], { path }) !== null, expected);
    }),
  );
});

test('a path longer than any before is read whole', () => {
  const long = 'a%20'.repeat(10_000);
  assert.equal(taken(SITE, { path: `/proxy/${long}` }), '/proxy/');
  assert.equal(taken(SITE, { path: `/proxy/${long}/../../../x` }), null);
});
