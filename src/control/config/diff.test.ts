import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Plan } from '#core/plan.ts';
import { compile } from './compile.ts';
import { diffPlans } from './diff.ts';
import { loadConfig } from './load.ts';

let slot = 0;
function plan(text: string): Plan {
  const { config } = loadConfig(text, 'f', {});
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
