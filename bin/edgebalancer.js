#!/usr/bin/env node
// Plain JavaScript that old versions of Node can read too: they could not even parse the source behind it.
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
  import('../src/main.ts');
}

function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
}
