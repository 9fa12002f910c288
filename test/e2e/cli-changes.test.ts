/** Commands against a whole balancer: what they change is in force, can be undone, and is refused when it cannot be. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import type { BackendsAnswer } from '#contract/admin.ts';
import { administer, callAdmin, OPERATOR, stateDirectory, VIEWER } from '../support/admin-client.ts';
import { runCommand, type CommandRun } from '../support/command-run.ts';
import { until } from '../support/until.ts';

interface House {
  readonly run: (args: string, more?: { answers?: string[]; token?: string; cwd?: string }) => Promise<CommandRun>;
  readonly weightOfA: () => Promise<number>;
  readonly adminPort: number;
}

async function house(t: TestContext, options = {}): Promise<House> {
  const backends = ['a', 'b'].map((id, at) => ({ id, url: `http://127.0.0.1:${9 + at}` }));
  const { adminPort, operate } = await administer(t, { backends }, options);
  return {
    adminPort,
    run: (args, { answers, token = OPERATOR, cwd } = {}) =>
      runCommand(args.split(' '), {
        env: { EDGEBALANCER_ADMIN: `http://127.0.0.1:${adminPort}`, EDGEBALANCER_TOKEN: token },
        ...(answers !== undefined && { answers }),
        ...(cwd !== undefined && { cwd }),
      }),
    weightOfA: async () => (await operate('GET', '/admin/backends')).data.pools[0].backends[0].weight as number,
  };
}

describe('backends', () => {
  test('added, weighted, drained, brought back, removed, undone', async (t) => {
    const { run, weightOfA } = await house(t);
    const states = async (): Promise<Record<string, string>> => {
      const { pools } = JSON.parse((await run('backends --json')).out) as BackendsAnswer;
      return Object.fromEntries(pools[0]!.backends.map(({ id, state }) => [id, state]));
    };
    assert.equal((await run('backends add app http://127.0.0.1:11 --id c --weight 2 --tier 1 --yes')).code, 0);
    assert.deepEqual(Object.keys(await states()), ['a', 'b', 'c']);
    const weighted = await run('backends weight app a 5', { answers: ['yes'] });
    assert.match(
      weighted.both,
      /^pools\.app\.backends\.a\.weight: 1 -> 5\nDo it\? \[y\/N\] yes\nRevision 3 is in force\./,
    );
    assert.equal(await weightOfA(), 5);
    assert.match((await run('backends weight app a 4 --yes --watch 60')).out, /It is watched until \d\d:\d\d:\d\d\./);
    assert.equal((await run('backends weight app a 5 --yes')).code, 0);
    assert.equal((await run('backends weight app a 5 --yes')).out, 'Nothing to change.\n');
    await run('backends drain app b --yes');
    assert.equal((await states())['b'], 'draining');
    await run('backends maintenance app b --yes');
    assert.equal((await states())['b'], 'maintenance');
    await run('backends activate app b --yes');
    assert.notEqual((await states())['b'], 'maintenance');
    await run('backends remove app c --yes');
    assert.deepEqual(Object.keys(await states()), ['a', 'b']);
    assert.equal((await run('config rollback --yes')).code, 0);
    assert.deepEqual(Object.keys(await states()), ['a', 'b', 'c']);
    assert.match((await run('config revisions')).out, /\n +10 \* {2}\S+ \S+ {2}rollback {2}ops +127\.0\.0\.1 /);
  });

  test('what is refused is said by field, and nothing is changed', async (t) => {
    const { run, weightOfA } = await house(t);
    assert.match((await run('backends add app http://u:secret@h:1 --yes')).err, /^url: .*\n$/);
    assert.match((await run('backends weight app nobody 2 --yes')).err, /nobody/);
    assert.match((await run('backends weight app a 1e9 --yes')).err, /weight/);
    const viewer = await run('backends weight app a 2 --yes', { token: VIEWER });
    assert.equal(viewer.code, 1);
    assert.match(viewer.err, /Use the token of an operator/);
    const wrong = await run('backends --json', { token: 'eb_wrong' });
    assert.match(wrong.err, /does not take this token/);
    assert.equal(await weightOfA(), 1);
  });

  test('somebody who is faster than a yes is not overrun', async (t) => {
    const { run, weightOfA, adminPort } = await house(t);
    const { runProgram } = await import('#cli/program.ts');
    let err = '';
    const io = {
      stdout: () => {},
      stderr: (text: string) => void (err += text),
      env: { EDGEBALANCER_ADMIN: `http://127.0.0.1:${adminPort}`, EDGEBALANCER_TOKEN: OPERATOR },
      cwd: '.',
      ask: async () => {
        await run('backends weight app a 7 --yes');
        return 'y';
      },
    };
    assert.equal(await runProgram(['backends', 'weight', 'app', 'a', '3'], io), 1);
    assert.match(err, /somebody else was faster/);
    assert.equal(await weightOfA(), 7);
  });
});

describe('strategy', () => {
  test('switched, and its parameters set', async (t) => {
    const { run } = await house(t);
    assert.match((await run('strategy')).out, /^POOL +STRATEGY +PARAMETERS\napp +round-robin/);
    assert.equal((await run('strategy app consistent-hash --set on=header:x-user --yes')).code, 0);
    const inForce = async (): Promise<unknown> =>
      JSON.parse((await run('config show --json')).out).config.pools.app.strategy;
    assert.deepEqual(await inForce(), { name: 'consistent-hash', on: { header: 'x-user' } });
    assert.equal((await run('strategy app --set balanceFactor=2 --yes')).code, 0);
    assert.deepEqual(await inForce(), { name: 'consistent-hash', on: { header: 'x-user' }, balanceFactor: 2 });
    const { err, code } = await run('strategy app --set balanceFactor=much --yes');
    assert.equal(code, 1);
    assert.match(err, /balanceFactor: /);
  });
});

describe('config', () => {
  test('shown as text, compared, applied, gone back from', async (t) => {
    const { run, weightOfA } = await house(t);
    const cwd = stateDirectory(t);
    const shown = await run('config show');
    writeFileSync(join(cwd, 'same.yaml'), shown.out);
    assert.equal((await run('config diff same.yaml', { cwd })).out, 'same.yaml says what is in force (revision 1).\n');
    const weighted = shown.out.replace('"id":"a"', '"id":"a","weight":4');
    writeFileSync(join(cwd, 'other.yaml'), `# mine\n${weighted}`);
    assert.match((await run('config diff other.yaml', { cwd })).out, /^pools\.app\.backends\.a\.weight: 1 -> 4\n/);
    assert.equal(await weightOfA(), 1);
    assert.equal((await run('config apply other.yaml', { cwd, answers: ['y'] })).code, 0);
    assert.equal(await weightOfA(), 4);
    assert.match((await run('config show')).out, /^# mine\n/);
    assert.match((await run('config show --revision 1 --json')).out, /"revision": 1,/);
    assert.equal((await run('config rollback 1 --yes')).code, 0);
    assert.equal(await weightOfA(), 1);
    assert.match((await run('config rollback 99 --yes')).err, /99/);
    writeFileSync(join(cwd, 'bad.yaml'), shown.out.replace('"workers":1', '"wrokers":1'));
    const bad = await run('config apply bad.yaml --yes', { cwd });
    assert.equal(bad.code, 1);
    assert.match(bad.err, /^wrokers: .*did you mean `workers`/);
    assert.match((await run('config apply none.yaml --yes', { cwd })).err, /^none\.yaml: there is no such file\n$/);
  });
});

describe('token', () => {
  test('through the API: the token alone is on standard output, and works until it is revoked', async (t) => {
    const { run } = await house(t);
    const { out, err, code } = await run('token create ci --role operator --expires 90d');
    assert.equal(code, 0);
    assert.match(out, /^eb_[\w-]{43}\n$/);
    assert.match(err, /^Token ci \(operator\), good until \d{4}-/);
    const token = out.trim();
    assert.match((await run('token list', { token })).out, /\nci +operator +state /);
    assert.match((await run('token create ci')).err, /There is a token named `ci` already/);
    assert.match((await run('token create x --expires soon')).err, /^expiresIn: expected minutes, hours or days/);
    assert.equal((await run('token revoke ci')).code, 2);
    assert.equal((await run('token revoke ci', { answers: ['n'] })).code, 1);
    assert.equal((await run('token revoke ci', { answers: ['y'] })).code, 0);
    assert.equal((await run('token list', { token })).code, 1);
  });

  test('in the state directory: whoever is locked out makes one, and the running process takes it', async (t) => {
    const stateDir = stateDirectory(t);
    const { adminPort } = await administer(t, { adminSettings: { tokens: [] } }, { stateDir });
    const local = (args: string, answers?: string[]) =>
      runCommand([...args.split(' '), '--state', stateDir], answers === undefined ? {} : { answers });
    const { out, code, err } = await local('token create me --role operator --expires 1h');
    assert.equal(code, 0, err);
    const token = out.trim();
    await until('the process to take the token', async () => {
      return (await callAdmin(adminPort, 'GET', '/admin/tokens', { token })).status === 200;
    });
    const file = join(stateDir, 'tokens.json');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.ok(!readFileSync(file, 'utf8').includes(token));
    assert.match((await local('token list')).out, /\nme +operator +state /);
    assert.match((await local('token create no!')).err, /^name: expected 1 to 64 letters/);
    assert.match((await local('token create no --expires 9y')).err, /^expiresIn: expected minutes, hours or days/);
    assert.equal((await local('token revoke first --yes')).code, 0);
    assert.match((await local('token revoke me --yes')).err, /is the last token of an operator/);
  });

  test('a state directory that is not there is not made', async (t) => {
    const directory = join(stateDirectory(t), 'typo');
    const { code, err } = await runCommand(['token', 'create', 'me', '--state', directory]);
    assert.equal(code, 1);
    assert.match(err, /is no directory/);
    assert.ok(!existsSync(directory));
    mkdirSync(directory);
    writeFileSync(join(directory, 'tokens.json'), 'x', { mode: 0o600 });
    assert.match((await runCommand(['token', 'list', '--state', directory])).err, /is not JSON/);
  });
});
