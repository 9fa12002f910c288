/** What commands ask of the admin API, and what they make of its refusals. */
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { runCommand } from '../support/command-run.ts';
import { ETAG, fixedAdmin, type Instead } from '../support/fixed-admin.ts';
import { temporaryDirectory } from '../support/program.ts';

const SECRET = 'eb_a-secret-of-this-test';
const problem = (status: number, detail: string, more: object = {}, headers: object = {}): Instead => {
  return () => ({ status, body: { type: 'about:blank', title: 'No', status, detail, ...more }, headers });
};

describe('where and who', () => {
  test('--admin goes before EDGEBALANCER_ADMIN, a path before /admin is kept, the token goes into its header', async (t) => {
    const { url, asked } = await fixedAdmin(t, () => ({ status: 200, body: { pools: [] } }));
    const env = { EDGEBALANCER_ADMIN: 'http://127.0.0.1:1', EDGEBALANCER_TOKEN: SECRET, EDGEBALANCER_ADMIN_TOKEN: 'x' };
    const { code, err } = await runCommand(['backends', '--admin', `${url}/behind/this?x=1`], { env });
    assert.deepEqual([code, err], [0, '']);
    assert.equal(asked[0]?.url, '/behind/this/admin/backends');
    assert.equal(asked[0]?.headers.authorization, `Bearer ${SECRET}`);
    await runCommand(['backends'], { env: { EDGEBALANCER_ADMIN: url } });
    assert.equal(asked[1]?.headers.authorization, undefined);
  });

  test('a token file goes before the environment; others may not read it without a warning', async (t) => {
    const { url, asked } = await fixedAdmin(t);
    const cwd = temporaryDirectory(t);
    writeFileSync(join(cwd, 'token'), `${SECRET}\n`, { mode: 0o600 });
    const run = () =>
      runCommand(['backends', '--token-file', 'token'], {
        cwd,
        env: { EDGEBALANCER_ADMIN: url, EDGEBALANCER_TOKEN: 'eb_x' },
      });
    assert.equal((await run()).err, '');
    assert.equal(asked[0]?.headers.authorization, `Bearer ${SECRET}`);
    chmodSync(join(cwd, 'token'), 0o644);
    assert.equal((await run()).err, 'warning: others may read token; run: chmod 600 token\n');
    writeFileSync(join(cwd, 'token'), 'two words\n');
    const wrong = await run();
    assert.equal(wrong.code, 2);
    assert.ok(!wrong.both.includes('two words'));
    assert.equal((await runCommand(['backends', '--token-file', 'none'], { cwd })).code, 2);
  });

  for (const args of [
    ['backends', '--token', SECRET],
    ['config', 'show', `--token=${SECRET}`],
    ['backends', 'drain', 'app', 'a', '--token', SECRET],
  ]) {
    test(`a token among the arguments is refused: ${args.slice(0, 2).join(' ')}`, async () => {
      const { code, both } = await runCommand(args);
      assert.equal(code, 2);
      assert.match(both, /can be read by every user of this machine.*EDGEBALANCER_TOKEN/);
      assert.ok(!both.includes(SECRET));
    });
  }

  test('another machine without TLS: a warning', async () => {
    const { err } = await runCommand(['backends', '--admin', 'http://192.0.2.1:9', '--timeout', '0.1'], {
      env: { EDGEBALANCER_TOKEN: SECRET },
    });
    assert.match(err, /^warning: the token goes to 192\.0\.2\.1:9 unencrypted/);
    assert.ok(!err.includes(SECRET));
  });

  test('a unix socket', async (t) => {
    const path = join(temporaryDirectory(t), 'admin.sock');
    const server = createServer(
      (request, response) => void response.end(JSON.stringify({ pools: [], at: request.url })),
    );
    await new Promise<void>((resolve) => server.listen(path, resolve));
    t.after(() => server.close());
    const { out } = await runCommand(['backends', '--json', '--admin', `unix:${path}`]);
    assert.equal(JSON.parse(out).at, '/admin/backends');
  });

  test('an address that is none, or holds a password', async () => {
    assert.match((await runCommand(['backends', '--admin', '9090'])).err, /^--admin wants a URL such as http:/);
    const { code, err } = await runCommand(['backends'], {
      env: { EDGEBALANCER_ADMIN: 'http://a:secret@127.0.0.1:1' },
    });
    assert.equal(code, 2);
    assert.match(err, /^EDGEBALANCER_ADMIN holds a user or password\./);
    assert.ok(!err.includes('secret@'));
  });
});

describe('refusals', () => {
  const CASES: readonly [string, Instead, RegExp][] = [
    [
      'each field of a bad request',
      problem(400, 'weight: x (and 1 more, see errors)', {
        errors: [
          { path: 'weight', message: 'x' },
          { path: '', message: 'y' },
        ],
      }),
      /^weight: x\ny\n$/,
    ],
    [
      'a wrong token',
      problem(401, 'It has expired.'),
      /^It has expired\.\n.* does not take this token\. Give the token as .*--state DIR/,
    ],
    [
      'a role that is too low',
      problem(403, 'A viewer may only read.'),
      /^A viewer may only read\.\nUse the token of an operator\./,
    ],
    [
      'a change in between',
      problem(412, 'Revision 9 is in force by now.'),
      /^Revision 9 .*\nNothing was changed: somebody else was faster\. Run the command again/,
    ],
    [
      'too many wrong tokens',
      problem(429, 'Too many.', {}, { 'retry-after': '8' }),
      /^Too many\.\nTry again in 8 s\.\n$/,
    ],
    ['a full disk', problem(503, 'It cannot be kept.'), /^It cannot be kept\.\nNothing was changed\.\n$/],
    [
      'a page of something else',
      () => ({ status: 502, body: '<html>' }),
      /answered 502, which is not how an admin API answers/,
    ],
    ['an answer that is no JSON', () => ({ status: 200, body: '<html>' }), /did not answer with JSON/],
    [
      'a redirect, which would take the token elsewhere',
      () => ({ status: 302, body: '', headers: { location: '/x' } }),
      /answered 302/,
    ],
    ['escape sequences in what it says', problem(409, 'a\u001b[2Jb'), /^a�\[2Jb\n$/],
  ];
  for (const [what, instead, says] of CASES) {
    test(what, async (t) => {
      const { url, asked } = await fixedAdmin(t, instead);
      const { code, out, err } = await runCommand(['backends'], {
        env: { EDGEBALANCER_ADMIN: url, EDGEBALANCER_TOKEN: SECRET },
      });
      assert.deepEqual([code, out, asked.length], [1, '', 1]);
      assert.match(err, says);
      assert.ok(!err.includes(SECRET));
    });
  }

  test('without a token it says where to give one', async (t) => {
    const { url } = await fixedAdmin(t, problem(401, 'Send a token as `Authorization: Bearer TOKEN`.'));
    const { err } = await runCommand(['backends'], { env: { EDGEBALANCER_ADMIN: url } });
    assert.match(err, /^http.*\/admin\/backends wants a token\. Give the token as EDGEBALANCER_TOKEN, or in a file/);
  });

  test('nobody there, and nobody in time', async (t) => {
    assert.match(
      (await runCommand(['backends', '--admin', 'http://127.0.0.1:1'])).err,
      /^No answer from http:\/\/127\.0\.0\.1:1: nothing listens there\./,
    );
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      silent.close();
      silent.closeAllConnections();
    });
    const { port } = silent.address() as { port: number };
    const late = await runCommand(['backends', '--timeout', '0.2', '--admin', `http://127.0.0.1:${port}`]);
    assert.match(late.err, /nothing came within 0\.2 s/);
  });
});

describe('a change', () => {
  const run = (url: string, args: readonly string[], answers?: readonly string[]) =>
    runCommand(args, { env: { EDGEBALANCER_ADMIN: url }, ...(answers !== undefined && { answers }) });
  const ARGS = ['backends', 'weight', 'app', 'a/b c', '3'];

  test('is shown, asked about, and sent for what was shown', async (t) => {
    const { url, asked } = await fixedAdmin(t);
    const { code, both } = await run(url, ARGS, ['y']);
    assert.equal(code, 0);
    assert.equal(both, 'pools.app.backends.a/b c.weight: 1 -> 3\nDo it? [y/N] y\nRevision 8 is in force.\n');
    const path = '/admin/backends/app/a%2Fb%20c';
    assert.deepEqual(
      asked.map((one) => [one.method, one.url, one.headers['if-match'], one.body]),
      [
        ['PATCH', `${path}?dryRun=true`, undefined, '{"weight":3}'],
        ['PATCH', path, ETAG, '{"weight":3}'],
      ],
    );
  });

  for (const answer of ['n', '', 'yess', 'Y e s']) {
    test(`is not made after ${JSON.stringify(answer)}`, async (t) => {
      const { url, asked } = await fixedAdmin(t);
      const { code, both } = await run(url, ARGS, [answer]);
      assert.equal(code, 1);
      assert.match(both, /\nNothing was changed\.\n$/);
      assert.equal(asked.length, 1);
    });
  }

  test('is not made where nobody can be asked, unless yes was said beforehand', async (t) => {
    const { url, asked } = await fixedAdmin(t);
    const { code, err } = await run(url, ARGS);
    assert.equal(code, 2);
    assert.match(err, /--yes/);
    assert.equal(asked.length, 1);
    assert.equal((await run(url, [...ARGS, '--yes'])).code, 0);
    assert.equal(asked.at(-1)?.headers['if-match'], ETAG);
  });

  test('is only looked at with --dry-run; with --json the answer alone is on standard output', async (t) => {
    const { url, asked } = await fixedAdmin(t);
    const { code, out, err } = await run(url, [...ARGS, '--dry-run', '--json']);
    assert.equal(code, 0);
    assert.equal(JSON.parse(out).dryRun, true);
    assert.match(err, /weight: 1 -> 3\nNothing was changed: this was a dry run\./);
    assert.equal(asked.length, 1);
  });

  test('that would change nothing is not asked about', async (t) => {
    const nothing = { revision: 7, dryRun: true, changed: false, diff: [], warnings: [], obeyed: true, kept: true };
    const { url, asked } = await fixedAdmin(t, () => ({ status: 200, body: nothing }));
    assert.deepEqual(await run(url, ARGS), {
      code: 0,
      out: 'Nothing to change.\n',
      err: '',
      both: 'Nothing to change.\n',
    });
    assert.equal(asked.length, 1);
  });

  test('an older API that does not know dryRun is noticed', async (t) => {
    const done = { revision: 8, changed: true, diff: ['x'], warnings: [], obeyed: true, kept: true };
    const { url, asked } = await fixedAdmin(t, () => ({ status: 200, body: done }));
    assert.match((await run(url, [...ARGS, '--yes'])).err, /may have made the change/);
    assert.equal(asked.length, 1);
  });

  test('options may stand before the command below', async (t) => {
    const { url, asked } = await fixedAdmin(t);
    const { code } = await runCommand(['backends', '--admin', url, '--json', 'drain', 'app', 'a', '--yes']);
    assert.equal(code, 0);
    assert.equal(asked.length, 2);
  });

  test('parameters of a strategy have their type; without a name they stand beside what is written', async (t) => {
    const { url, asked } = await fixedAdmin(t);
    assert.equal(
      (await run(url, ['strategy', 'app', 'adaptive', '--set', 'explore=0.01', 'on=client-ip', '--yes'])).code,
      0,
    );
    assert.deepEqual(JSON.parse(asked.at(-1)!.body), {
      pool: 'app',
      strategy: { name: 'adaptive', explore: 0.01, on: 'client-ip' },
    });
    await run(url, ['strategy', 'app', '--set', 'on=header:x', '--yes']);
    assert.deepEqual(JSON.parse(asked.at(-1)!.body).strategy, { name: 'adaptive', explore: 0.01, on: { header: 'x' } });
    assert.match((await run(url, ['strategy', 'ap'])).err, /There is no pool `ap`; did you mean `app`\?/);
    assert.match((await run(url, ['strategy', 'app', 'least-connection'])).err, /did you mean `least-connections`\?/);
    assert.match(
      (await run(url, ['strategy', 'app', '--set', 'explor=1'])).err,
      /no parameter `explor`; did you mean `explore`\?/,
    );
    assert.equal((await run(url, ['strategy', 'app', '--set', 'explore'])).code, 2);
  });
});

describe('watching', () => {
  test('goes on when an answer is missing, and not when the first is', async (t) => {
    const { backends } = await import('#cli/backends.ts');
    let seen = 0;
    const { url } = await fixedAdmin(t, () => (++seen === 2 ? problem(503, 'Not now.')({} as never) : undefined));
    const controller = new AbortController();
    let [out, err] = ['', ''];
    const io = {
      stdout: (text: string) => {
        out += text;
        if (seen === 3) controller.abort();
      },
      stderr: (text: string) => void (err += text),
      env: {},
      cwd: '.',
    };
    assert.equal(await backends({ admin: url, watch: 0.01, json: true }, io, controller.signal), 0);
    assert.equal(out.trimEnd().split('\n').length, 2);
    assert.match(err, /^Not now\./);
    const none = await backends({ admin: 'http://127.0.0.1:1', watch: 0.01 }, io, new AbortController().signal);
    assert.equal(none, 1);
  });
});
