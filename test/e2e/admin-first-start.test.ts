/** What a first start prints, as a process: the token once, on standard error, and never through the log. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { callAdmin } from '../support/admin-client.ts';
import { Program, temporaryDirectory } from '../support/program.ts';
import { until } from '../support/until.ts';

const NO_TOKEN = { EDGEBALANCER_ADMIN_TOKEN: '' };

test('a first start prints the operator’s token and a link, and the second nothing', async (t) => {
  const directory = temporaryDirectory(t);
  const file = join(directory, 'edgebalancer.yaml');
  const dir = join(directory, 'state');
  writeFileSync(
    file,
    `listeners: [{ address: "127.0.0.1:0" }]\nstate: { dir: "${dir}" }\nadmin: { address: "127.0.0.1:0" }\nlog: { access: null }\npools: { app: { backends: ["http://127.0.0.1:9"], health: null } }\n`,
  );
  const first = new Program(t, ['run', file], { env: NO_TOKEN });
  await first.says(/"listening"/);
  const [, token = ''] = await until('the token', () => /^ {2}(eb_[\w-]{43})$/m.exec(first.stderr));
  const [, port = '', code = ''] = /http:\/\/127\.0\.0\.1:(\d+)\/#sign-in=([\w-]+)/.exec(first.stderr) ?? [];
  assert.ok(first.stderr.includes(`Only its hash is kept, in ${join(dir, 'tokens.json')}.`));
  assert.equal((await callAdmin(Number(port), 'GET', '/admin/overview', { token })).status, 200);
  assert.equal((await callAdmin(Number(port), 'POST', '/admin/session', { body: { code } })).status, 200);
  first.signal('SIGTERM');
  assert.equal(await first.end(), 0);
  for (const secret of [token, code]) assert.ok(!first.stdout.includes(secret));
  assert.ok(!readFileSync(join(dir, 'tokens.json'), 'utf8').includes(token));

  const second = new Program(t, ['run', file], { env: NO_TOKEN });
  await second.says(/"listening"/);
  second.signal('SIGTERM');
  assert.equal(await second.end(), 0);
  assert.doesNotMatch(second.stderr, /eb_/);
});
