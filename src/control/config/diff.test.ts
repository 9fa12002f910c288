import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Plan } from '#core/plan.ts';
import { compile } from './compile.ts';
import { diffPlans } from './diff.ts';
import { ConfigDocument } from './document.ts';
import { loadConfig } from './load.ts';
import { WrittenReferences } from './written-references.ts';

let slot = 0;
function plan(text: string, env: Record<string, string> = {}): Plan {
  const { config } = loadConfig(text, 'f', env);
  assert.ok(config, text);
  return compile(config, {
    revision: slot,
    assignSlot: () => slot++,
    assignRouteRow: () => slot++,
    assignPoolRow: () => slot++,
    assignLimitRow: () => slot++,
    memoryBytes: 1024 ** 3,
    controlSocket: '/c',
    cpus: 2,
  });
}

const BEFORE = `
pools:
  app:
    backends: [{ id: a, url: "http://a:1" }, { id: b, url: "http://b:1" }]
  old: { backends: ["http://o:1"] }
routes:
  - { name: one, pool: app, match: { path: /one } }
  - { name: two, pool: app, match: { path: /two } }
  - { name: gone, pool: old, match: { path: /gone } }
`;
const AFTER = `
workers: 4
pools:
  app:
    strategy: random
    backends: [{ id: b, url: "http://b:1", weight: 3 }, { id: c, url: "http://c:1" }]
    health: null
  new: { backends: ["http://n:1"] }
routes:
  - { name: two, match: { path: =/two, methods: [GET] }, split: [{ pool: app, weight: 1 }, { pool: new, weight: 3 }] }
  - { name: one, pool: app, match: { path: /one } }
listeners: [{ address: ":81" }]
`;

test('nothing changed, whatever the slots and rows', () => {
  assert.deepEqual(diffPlans(plan(BEFORE), plan(BEFORE)), []);
});

test('each change is a line, by names', () => {
  const lines = diffPlans(plan(BEFORE), plan(AFTER));
  const params = (line: string): boolean => !line.startsWith('pools.app.strategy.params');
  assert.deepEqual(lines.filter(params), [
    'workers: 2 -> 4',
    'listeners.public.address.port: 8080 -> 81',
    'routes.two.match.methods: [] -> ["GET"]',
    'routes.two.match.path: /two -> =/two',
    'routes.two.split.new: added (3)',
    'routes.gone: removed',
    'pools.app.strategy.name: adaptive -> random',
    'pools.app.backends.a: removed',
    'pools.app.backends.b.weight: 1 -> 3',
    'pools.app.backends.c: added (http://c:1)',
    'pools.app.health: {"kind":"http","path":"/healthz","host":null,"method":"GET","intervalMs":5000,"timeoutMs":2000,"unhealthyAfter":3,"healthyAfter":2,"status":[[200,399]],"body":null,"jitter":0.2} -> null',
    'pools.old: removed',
    'pools.new: added',
    'routes: order is now two, one',
  ]);
});

test('M3: what was written as a reference is shown as written, in each form that a plan has of it', () => {
  const env = { HOST: 'Inner-Host.example', KEY: 'k3y-of-upstream', WEIGHT: '7', WAIT: '1500ms', NAME: 'internal' };
  const before = 'pools: { app: { backends: ["http://a:1"] } }\nroutes: [{ name: r, pool: app }]';
  const after = `
pools:
  app:
    timeouts: { connect: "\${WAIT}" }
    backends: [{ id: a, url: "http://\${HOST}:81", weight: "\${WEIGHT}" }, { id: "\${NAME}", url: "http://b:1" }]
routes:
  - { name: q, pool: app, match: { path: "/\${KEY}" } }
  - { name: r, pool: app, headers: { request: { set: { x-upstream: "\${KEY:-d3fault}", x-two: "id=\${NAME}" } } } }`;
  const written = new WrittenReferences(
    [before, after].map((text) => ConfigDocument.parse(text).data()),
    env,
  );
  const lines = [
    ...diffPlans(plan(before), plan(after, env), written),
    ...diffPlans(plan(after, env), plan(before), written),
  ].join('\n');
  assert.doesNotMatch(lines, /inner-host|k3y-of-upstream|d3fault|internal|\b1500\b|\b7\b/i);
  for (const reference of ['${HOST}', '${KEY}', '${WAIT}', '${NAME}']) assert.ok(lines.includes(reference), reference);
});
