import assert from 'node:assert/strict';
import { test } from 'node:test';
import { strategyByName } from '#core/strategies/index.ts';
import { loadConfig } from './load.ts';
import { formatProblem } from './problem.ts';

const MINIMAL = 'pools: { app: { backends: [ "http://127.0.0.1:3000" ] } }\n';
const ENV = { PORT: '9000', VERSION: '1.10', HOST: 'app', OFF: 'null', YES: 'true', STRUCTURE: '{ a: 1 }' };

const linesOf = (text: string): string[] => loadConfig(text, 'eb.yaml', ENV).problems.map(formatProblem);

/** A valid file, and what would be wrong with it. */
function check(cases: readonly (readonly [text: string, ...lines: string[]])[]): void {
  for (const [text, ...lines] of cases) assert.deepEqual(linesOf(text), lines, text);
}

const EMPTY =
  'eb.yaml:1:1: the file is empty; the least that works is `pools: { app: { backends: ["http://127.0.0.1:3000"] } }`';

test('what is no configuration at all', () => {
  check([
    ['', EMPTY],
    ['# only a comment\n', EMPTY],
    ['null', EMPTY],
    ['[]', 'eb.yaml:1:1: expected a mapping (`key: value`), got a list'],
    ['text', 'eb.yaml:1:1: expected a mapping (`key: value`), got the text `text`'],
    ['{}', 'eb.yaml:1:1: pools: is missing; expected a mapping (`key: value`)'],
    ['pools:', 'eb.yaml:1:1: pools: expected a mapping (`key: value`), got `null`'],
    ['a'.repeat(4 * 1024 * 1024 + 1), 'eb.yaml:1:1: the file is larger than 4 MiB; no configuration is'],
  ]);
});

test('syntax: one line for each slip, at its place', () => {
  check([
    [`${MINIMAL}\tworkers: 2`, 'eb.yaml:2:1: a tab stands where YAML wants spaces'],
    [`${MINIMAL}---\nx: 1`, 'eb.yaml:2:1: a second document begins here; a configuration is one document'],
    [
      'pools: { app: { backends: [\n"http://a:1"] } }',
      'eb.yaml:2:1: lines inside `[…]` and `{…}` are indented more than the key that holds them',
    ],
    [`${MINIMAL}workers: !cpu 3`, 'eb.yaml:2:10: not valid YAML: Unresolved tag: !cpu'],
    [`${MINIMAL}log: *there`, 'eb.yaml:2:6: log: no anchor `&there` stands before this alias'],
    [`${MINIMAL}pools: {}`, 'eb.yaml:2:1: pools: stands twice; it is on line 1 already; keep one'],
    [`${MINIMAL}? [a]\n: b`, 'eb.yaml:2:3: a key is plain text'],
    [`${MINIMAL}__proto__: {}`, 'eb.yaml:2:1: __proto__: `__proto__` cannot be a key'],
    [
      'pools:\n  app: { backends: ["http://a:1"], slowStart: ${SLOW} }',
      'eb.yaml:2:47: inside `{…}` and `[…]` a reference stands in quotes: `"${NAME}"`',
    ],
    ['['.repeat(300), 'eb.yaml:1:257: nested deeper than 256 levels; no configuration is'],
    [`${MINIMAL}${'- '.repeat(300)}`, 'eb.yaml:2:513: nested deeper than 256 levels; no configuration is'],
  ]);
});

test('aliases may be used, but not to multiply', () => {
  const shared =
    'pools:\n  a: &a { backends: ["http://a:1"], health: null }\n  b: { <<: *a, slowStart: 1s }\nroutes:\n';
  const { config } = loadConfig(
    `${shared}  - { name: b, pool: b, match: { path: /b } }\n  - { name: a, pool: a }`,
    'eb.yaml',
    ENV,
  );
  assert.equal(config?.pools.b.slowStart, 1000);
  assert.equal(config?.pools.b.health, null);
  const level = (name: string, below: string): string =>
    `${name}: &${name} [${Array(12).fill(`*${below}`).join(',')}]\n`;
  const bomb = `a: &a [x,x,x]\n${level('b', 'a')}${level('c', 'b')}${level('d', 'c')}e: *d\n`;
  assert.deepEqual(linesOf(bomb), ['eb.yaml:1:1: aliases multiply to more than can be meant; write less by alias']);
});

test('JSON has the same places', () => {
  check([
    ['{\n  "pools": {\n    "app": { "backends": ["http://a:1"] }\n  }\n}'],
    [
      '{\n  "pools": {\n    "app": { "backends": ["http://a:1"], "wait": 3 }\n  },\n  "workers": 0\n}',
      'eb.yaml:3:42: pools.app.wait: unknown key `wait`; known here: `strategy`, `backends`, `discovery`, `health`, `circuit`, `panicThreshold`, `slowStart`, `retry`, `hedge`, `timeouts`, `limits`, `concurrency`, …',
      'eb.yaml:5:14: workers: `0` is too small; 1 is the least',
    ],
    [
      '{ "pools": { "app": { "backends": ["http://a:1"] } }',
      'eb.yaml:1:53: not valid YAML: Flow map must end with a }',
    ],
  ]);
});

test('unknown keys name the nearest known one', () => {
  check([
    [`${MINIMAL}worker: 2`, 'eb.yaml:2:1: worker: unknown key `worker`; did you mean `workers`?'],
    [
      'pools:\n  app:\n    stratgy: random\n    backends: ["http://a:1"]\n    healthz: null',
      'eb.yaml:3:5: pools.app.stratgy: unknown key `stratgy`; did you mean `strategy`?',
      'eb.yaml:5:5: pools.app.healthz: unknown key `healthz`; did you mean `health`?',
    ],
  ]);
});

test('values of the wrong kind say what would be right', () => {
  check([
    [`${MINIMAL}workers: many`, 'eb.yaml:2:10: workers: expected `auto` or a number from 1 to 256'],
    [`${MINIMAL}engine: nett`, 'eb.yaml:2:9: engine: `nett` is not possible; did you mean `net`?'],
    [
      `${MINIMAL}listeners: 8080`,
      'eb.yaml:2:12: listeners: expected a list (`[…]`, or lines that begin with `-`), got `8080`',
    ],
    [`${MINIMAL}listeners: []`, 'eb.yaml:2:12: listeners: a list of 0 is too short; 1 is the least'],
    [
      `${MINIMAL}listeners: [{ http2: yes }]`,
      'eb.yaml:2:22: listeners[0].http2: expected `true` or `false`, got the text `yes`',
    ],
    [
      `${MINIMAL}listeners: [{ limits: { headerBytes: 1 } }]`,
      'eb.yaml:2:38: listeners[0].limits.headerBytes: `1` is too small; `1024` bytes is the least',
    ],
    [
      `${MINIMAL}log: { level: verbose }`,
      'eb.yaml:2:15: log.level: `verbose` is not possible; known here: `trace`, `debug`, `info`, `warn`, `error`, `fatal`, `silent`',
    ],
    [
      'pools:\n  app:\n    backends: [{ id: a }, { url: "http://b:1", weight: -1, tier: 1.5 }, 7]\n    slowStart: fast',
      'eb.yaml:3:16: pools.app.backends[0].url: is missing; expected a URL such as `http://10.0.0.11:3000`',
      'eb.yaml:3:56: pools.app.backends[1].weight: `-1` is too small; 0 is the least',
      'eb.yaml:3:66: pools.app.backends[1].tier: expected a whole number, got `1.5`',
      'eb.yaml:3:73: pools.app.backends[2]: expected a mapping (`key: value`), got `7`',
      'eb.yaml:4:16: pools.app.slowStart: `fast` is not a duration; write a number with its unit: `250ms`, `5s`, `2m` or `1h`',
    ],
  ]);
});

test('strategies: names and parameters as they declare them', () => {
  const spec = strategyByName('consistent-hash')?.params.find(({ name }) => name === 'balanceFactor');
  assert.ok(spec?.type === 'number');
  const { min, max } = spec;
  const pool = (strategy: string): string => `pools:\n  app:\n    strategy: ${strategy}\n    backends: ["http://a:1"]`;
  check([
    [pool('{ name: consistent-hash, on: { header: X-User }, balanceFactor: 1.25 }')],
    [pool('randm'), 'eb.yaml:3:15: pools.app.strategy: there is no strategy `randm`; did you mean `random`?'],
    [pool('{ on: path }'), 'eb.yaml:3:15: pools.app.strategy: expected the `name` of a strategy'],
    [pool('5'), 'eb.yaml:3:15: pools.app.strategy: expected the name of a strategy, or `{ name, on, … }`'],
    [
      pool('{ name: random, on: path }'),
      'eb.yaml:3:35: pools.app.strategy.on: `random` does not hash requests, so `on` would do nothing; leave it out',
    ],
    [
      pool('{ name: consistent-hash, on: { header: a b }, balancefactor: 2 }'),
      'eb.yaml:3:54: pools.app.strategy.on.header: expected the name of a header',
      'eb.yaml:3:61: pools.app.strategy.balancefactor: unknown key `balancefactor` of strategy `consistent-hash`; did you mean `balanceFactor`?',
    ],
    [
      pool('{ name: consistent-hash, balanceFactor: much }'),
      `eb.yaml:3:55: pools.app.strategy.balanceFactor: expected a number from ${min} to ${max}`,
    ],
    [
      pool('{ name: consistent-hash, on: cookie }'),
      'eb.yaml:3:44: pools.app.strategy.on: `cookie` cannot be hashed; write `client-ip`, `path`, `target`, `host`, `{ header: NAME }`, `{ cookie: NAME }` or `{ query: NAME }`',
    ],
  ]);
  const key = loadConfig(pool('{ name: consistent-hash, on: { header: X-User } }'), 'f', {}).config?.pools.app.strategy
    .key;
  assert.deepEqual(key, { from: 'header', name: 'x-user' });
});

test('references to the environment', () => {
  const { config, problems } = loadConfig(
    [
      'pools:',
      '  app:',
      '    backends: [{ id: a, url: "http://${HOST}:${PORT}", weight: "${WEIGHT:-3}" }]',
      '    health: ${OFF}',
      '    http2: ${NO:-false}',
      'routes:',
      '  - name: app',
      '    pool: app',
      '    headers: { response: { set: { x-version: "${VERSION}", x-raw: "$${VERSION}" } } }',
    ].join('\n'),
    'eb.yaml',
    ENV,
  );
  assert.deepEqual(problems, []);
  const [backend] = config?.pools.app.backends ?? [];
  assert.equal(backend.url.url, 'http://app:9000');
  assert.equal(backend.weight, 3);
  assert.equal(config?.pools.app.health, null);
  assert.deepEqual(config?.routes[0].headers.response.set, { 'x-version': '1.10', 'x-raw': '${VERSION}' });
});

test('references that cannot be read are problems at their place, beside all others', () => {
  check([
    [
      `${MINIMAL}workers: \${CPUS}\nengine: nett\nlog: { level: "\${LEVL}" }`,
      'eb.yaml:2:10: workers: the environment has no `CPUS`; set it, or write `${CPUS:-default}`',
      'eb.yaml:3:9: engine: `nett` is not possible; did you mean `net`?',
      'eb.yaml:4:15: log.level: the environment has no `LEVL`; set it, or write `${LEVL:-default}`',
    ],
    [`${MINIMAL}log: \${STRUCTURE}`, 'eb.yaml:2:6: log: expected a mapping (`key: value`), got the text `{ a: 1 }`'],
    [`${MINIMAL}workers: "\${YES}"`, 'eb.yaml:2:10: workers: expected `auto` or a number from 1 to 256'],
  ]);
});

test('one slip does not hide what the parts have to do with each other', () => {
  check([
    [
      [
        'worker: 2',
        'pools:',
        '  app:',
        '    backends: ["http://a:1", nope]',
        '  b:',
        '    backends: [{ id: x }]',
        'routes:',
        '  - { name: b, pool: ap, match: { path: /b } }',
        '  - { name: b, pool: app, match: { path: /b/c } }',
        '  - { name: c, pool: b, match: { path: x } }',
      ].join('\n'),
      'eb.yaml:1:1: worker: unknown key `worker`; did you mean `workers`?',
      'eb.yaml:4:30: pools.app.backends[1].url: `nope` is not the URL of a backend; did you mean `http://nope`?',
      'eb.yaml:6:16: pools.b.backends[0].url: is missing; expected a URL such as `http://10.0.0.11:3000`',
      'eb.yaml:8:22: routes[0].pool: there is no pool `ap`; did you mean `app`?',
      'eb.yaml:9:5: routes[1]: can never match: route `b` stands before it and takes all of its requests; move this one up, or narrow the other',
      'eb.yaml:9:13: routes[1].name: a route is called `b` already (routes[0].name); give this one another name',
      'eb.yaml:10:40: routes[2].match.path: `x` does not begin with `/`; write `/x`',
    ],
  ]);
});

test('a slip in what others need is worked around, too', () => {
  check([
    [
      `${MINIMAL}routes: [{ name: 5, pool: app }]\nlisteners: [{ address: ":80" }, { name: b, address: ":80" }]`,
      'eb.yaml:2:18: routes[0].name: expected text, got `5`',
      'eb.yaml:3:53: listeners[1].address: is taken by listeners[0].address already; give one of them another port',
    ],
  ]);
});

test('a key without a value is not taken for a wish in silence', () => {
  check([
    [
      'pools:\n  app:\n    backends: ["http://a:1"]\n    health:\n',
      'eb.yaml:4:5: warning: pools.app.health: is left empty, which reads as `null` and turns it off; write `null` to say so',
    ],
    [`${MINIMAL}routes:\n`, 'eb.yaml:2:1: routes: expected a list (`[…]`, or lines that begin with `-`), got `null`'],
  ]);
});

test('very many problems end in a line that counts the rest', () => {
  const backends = Array.from({ length: 700 }, (_, at) => `      - { url: "http://a:${at + 1}", weight: -1 }`).join(
    '\n',
  );
  const lines = linesOf(`pools:\n  app:\n    backends:\n${backends}`);
  assert.equal(lines.length, 501);
  assert.equal(lines[0], 'eb.yaml:1:1: 200 more problems are not shown');
});
