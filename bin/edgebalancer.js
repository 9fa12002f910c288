#!/usr/bin/env node
// Plain JavaScript that old versions of Node can read too: they could not even parse the source behind it.
import { existsSync } from 'node:fs';
import module from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NEEDED = 24;
const running = process.versions.node;

if (!(Number(running.split('.')[0]) >= NEEDED)) {
  fail(
    `EdgeBalancer needs Node ${NEEDED} or newer; this is Node ${running} (${process.execPath}). ` +
      'Run "npm ci" and then "npm start", which bring Node 26 along, or install a newer Node.',
  );
} else if (!process.features.typescript) {
  fail(
    `EdgeBalancer runs from its TypeScript source, and this Node ${running} does not strip types. ` +
      'Start it without --no-strip-types (look into NODE_OPTIONS too).',
  );
} else {
  cacheCode();
  import('../src/main.ts');
}

// Types are stripped and code is compiled once, not at every start. Workers take the place from the environment.
function cacheCode() {
  const modules = fileURLToPath(new URL('../node_modules', import.meta.url));
  if (process.env.NODE_COMPILE_CACHE || process.env.NODE_DISABLE_COMPILE_CACHE || !existsSync(modules)) return;
  const { directory } = module.enableCompileCache(join(modules, '.cache', 'edgebalancer'));
  if (directory) process.env.NODE_COMPILE_CACHE = join(modules, '.cache', 'edgebalancer');
}

function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
}
