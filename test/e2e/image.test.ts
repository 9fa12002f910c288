/** The image's file tree in a clean root (deploy/image/verify.ts), with the modules of this clone in place of production's. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '#control/config/load.ts';
import { formatProblem } from '#control/config/problem.ts';
import { cleanRootRefusal } from '../../deploy/image/clean-root.ts';
import { verify } from '../../deploy/image/verify.ts';

const REPOSITORY = join(import.meta.dirname, '../..');

test(
  'starts under its user on a read-only root, serves, is healthy, and drains',
  { skip: cleanRootRefusal() || false },
  async () => {
    const { checks, output } = await verify(join(REPOSITORY, 'node_modules'));
    assert.equal(checks.length, 7);
    for (const { what, ok } of checks) assert.ok(ok, `${what}\n${output}`);
  },
);

test('its configuration is valid, and names its backend by the environment', () => {
  const text = readFileSync(join(REPOSITORY, 'deploy/image/edgebalancer.yaml'), 'utf8');
  const { config, problems } = loadConfig(text, 'edgebalancer.yaml', { BACKEND_NAME: 'shop.internal' });
  assert.deepEqual(problems.map(formatProblem), []);
  assert.deepEqual(config?.pools['app']?.discovery?.dns?.name, 'shop.internal');
});

test('the Dockerfile copies what the tree has, runs as the same user, and names no build tool in its last stage', () => {
  const text = readFileSync(join(REPOSITORY, 'Dockerfile'), 'utf8');
  const last = text.slice(text.lastIndexOf('FROM '));
  for (const part of ['/app/node_modules node_modules', '/app/web/dist web/dist', 'COPY bin bin', 'COPY src src'])
    assert.ok(last.includes(part), part);
  assert.match(last, /^USER 65532:65532$/m);
  assert.match(last, /^HEALTHCHECK /m);
  assert.doesNotMatch(last.replace(/^#.*$/gm, ''), /npm (ci|install|run)|apt-get|python|g\+\+/);
});
