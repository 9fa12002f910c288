import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { check } from './check.ts';
import type { Io } from './io.ts';
import { schema } from './schema.ts';

const cwd = mkdtempSync(join(tmpdir(), 'check-'));
after(() => rmSync(cwd, { recursive: true }));

interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(file: string, text: string | null, env: Io['env'] = {}): Promise<Output> {
  if (text !== null) writeFileSync(join(cwd, file), text);
  let stdout = '';
  let stderr = '';
  const io: Io = { stdout: (part) => (stdout += part), stderr: (part) => (stderr += part), env, cwd };
  const code = await check(file, io);
  return { code, stdout, stderr };
}

test('a valid file: what it holds, what is not in force, exit code 0', async () => {
  const { code, stdout, stderr } = await run(
    'good.yaml',
    'pools: { app: { backends: ["http://${HOST}:1"], circuit: null } }',
    { HOST: 'a' },
  );
  assert.equal(code, 0);
  assert.equal(stderr, '');
  const lines = stdout.trimEnd().split('\n');
  assert.equal(lines.at(-1), 'good.yaml: valid: 1 listener, 2 routes, 1 pool, 1 backend');
  assert.ok(
    lines.includes(
      'good.yaml: note: listeners[0].http2: not in force in this version: HTTP/2 is not spoken; clients use HTTP/1.1',
    ),
  );
  assert.ok(!stdout.includes('circuit'));
});

test('warnings do not fail', async () => {
  const { code, stdout } = await run('warned.yaml', 'pools: { app: { backends: [] } }');
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^warned\.yaml:1:10: warning: pools\.app: has no backends: every request to it is answered 503\n/,
  );
  assert.match(stdout, /\nwarned\.yaml: valid: 1 listener, 2 routes, 1 pool \(1 warning\)\n$/);
});

test('every error, by line, and exit code 1', async () => {
  const { code, stdout, stderr } = await run(
    'bad.yaml',
    'pools: { app: { backends: ["h:1"] } }\nworker: 2\nlog: { level: x }\n',
  );
  assert.equal(code, 1);
  assert.equal(stderr, '');
  assert.deepEqual(stdout.trimEnd().split('\n'), [
    'bad.yaml:1:28: pools.app.backends[0].url: `h:1` is not the URL of a backend; did you mean `http://h:1`?',
    'bad.yaml:2:1: worker: unknown key `worker`; did you mean `workers`?',
    'bad.yaml:3:15: log.level: `x` is not possible; known here: `trace`, `debug`, `info`, `warn`, `error`, `fatal`, `silent`',
    'bad.yaml: not valid: 3 errors',
  ]);
});

test('a file that is not there, or is none', async () => {
  mkdirSync(join(cwd, 'directory'));
  assert.deepEqual(await run('none.yaml', null), {
    code: 1,
    stdout: '',
    stderr: 'none.yaml: there is no such file; name the one to check: `edgebalancer check FILE`\n',
  });
  assert.equal((await run('directory', null)).stderr, 'directory: is a directory; name the file in it\n');
});

test('schema prints one JSON document', async () => {
  let stdout = '';
  const code = await schema({ stdout: (part) => (stdout += part) });
  assert.equal(code, 0);
  const document = JSON.parse(stdout) as { $schema: string; properties: Record<string, unknown> };
  assert.equal(document.$schema, 'https://json-schema.org/draft/2020-12/schema');
  assert.deepEqual(Object.keys(document.properties), [
    'workers',
    'engine',
    'listeners',
    'routes',
    'pools',
    'rateLimits',
    'overload',
    'state',
    'admin',
    'log',
    'requests',
    'tracing',
    'cost',
    'copilot',
  ]);
});
