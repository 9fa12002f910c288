/** What was changed live, over restarts of a real process: it stays until the operator's file says something newer. */
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test, type TestContext } from 'node:test';
import type { OverviewAnswer } from '#contract/admin.ts';
import type { DriftEntry } from '#contract/control.ts';
import { administer, callAdmin, stateDirectory, type AdminReply } from '../support/admin-client.ts';
import { Origin } from '../support/origin.ts';
import { Program, temporaryDirectory } from '../support/program.ts';
import { until } from '../support/until.ts';

const a = await Origin.start('a');
after(() => a.stop());
const TOKEN = 'a-token-of-at-least-24-characters';

const fileOf = (dir: string, weight: number): string => `# ours
workers: 1
listeners: [{ address: "127.0.0.1:0" }]
admin: { address: null }
state: { dir: "${dir}/state" } # beside us
log: { access: null }
pools:
  app:
    health: null
    backends:
      - { id: a, url: "\${EB_TEST_URL:-${a.url}}", weight: ${weight} } # the old machine
`;

interface Running {
  readonly program: Program;
  readonly call: (method: string, path: string, body?: object) => Promise<AdminReply>;
  readonly weight: () => Promise<number>;
  readonly drift: () => Promise<DriftEntry>;
}

async function run(t: TestContext, file: string): Promise<Running> {
  const program = new Program(t, ['run', file], { env: { EDGEBALANCER_ADMIN_TOKEN: TOKEN } });
  const [, port] = await program.says(/"listener":"public","address":"127\.0\.0\.1:(\d+)"/);
  const call = (method: string, path: string, body?: object): Promise<AdminReply> =>
    callAdmin(Number(port), method, path, { token: TOKEN, ...(body !== undefined && { body }) });
  return {
    program,
    call,
    weight: async () => (await call('GET', '/admin/backends')).data.pools[0].backends[0].weight as number,
    drift: async () => ((await call('GET', '/admin/overview')).data as OverviewAnswer).drift,
  };
}

async function stop({ program }: Running): Promise<void> {
  program.signal('SIGTERM');
  assert.equal(await program.end(), 0);
}

/** As editors do it. */
function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

describe('a real process', () => {
  test('keeps live changes over restarts; comments and references survive; a newer file wins', async (t) => {
    const dir = temporaryDirectory(t);
    const file = join(dir, 'edgebalancer.yaml');
    writeFileSync(file, fileOf(dir, 1));
    let house = await run(t, file);
    assert.equal((await house.call('PATCH', '/admin/backends/app/a', { weight: 5 })).status, 200);
    assert.equal((await house.call('PUT', '/admin/strategy', { pool: 'app', strategy: 'random' })).status, 200);
    await stop(house);

    house = await run(t, file);
    assert.equal(await house.weight(), 5);
    const yaml = await callAdmin(Number((await house.program.says(/127\.0\.0\.1:(\d+)/))[1]), 'GET', '/admin/config', {
      token: TOKEN,
      headers: { accept: 'application/yaml' },
    });
    for (const kept of [
      '# ours',
      '# beside us',
      `\${EB_TEST_URL:-${a.url}}", weight: 5 } # the old machine`,
      'strategy: random',
    ])
      assert.ok(yaml.text.includes(kept), `${kept}: ${yaml.text}`);
    assert.equal((await house.drift()).wins, 'live');
    await stop(house);

    replace(file, fileOf(dir, 7));
    house = await run(t, file);
    assert.equal(await house.weight(), 7);
    const drift = await house.drift();
    assert.deepEqual([drift.wins, drift.setAside, drift.diff], ['file', 3, []]);
    assert.match(
      house.program.stdout,
      /revision 3, made live before, is set aside, and a rollback to 3 brings it back/,
    );
    assert.equal((await house.call('POST', '/admin/config/rollback', { revision: 3 })).status, 200);
    assert.equal(await house.weight(), 5);

    // While it runs.
    replace(file, fileOf(dir, 9));
    await until('the file to be in force', async () => (await house.weight()) === 9);
    assert.equal((await house.drift()).setAside, 5);
    replace(file, 'pools: {');
    await until('the broken file to be told of', async () => /was refused/.test((await house.drift()).says));
    assert.equal(await house.weight(), 9);
    await stop(house);
  });

  test('what is in force can be saved into the file, and then is no drift', async (t) => {
    const dir = temporaryDirectory(t);
    const file = join(dir, 'edgebalancer.yaml');
    writeFileSync(file, fileOf(dir, 1));
    chmodSync(file, 0o640);
    let house = await run(t, file);
    await house.call('PATCH', '/admin/backends/app/a', { weight: 5 });
    const saved = await house.call('POST', '/admin/config/save');
    assert.deepEqual([saved.status, saved.data.changed], [200, true]);
    assert.equal(readFileSync(file, 'utf8'), fileOf(dir, 5));
    assert.equal((await house.drift()).wins, 'file');
    await stop(house);
    house = await run(t, file);
    assert.deepEqual([await house.weight(), (await house.drift()).setAside], [5, null]);
    await stop(house);
  });

  test('the level of its log is changed live', async (t) => {
    const dir = temporaryDirectory(t);
    const file = join(dir, 'edgebalancer.yaml');
    writeFileSync(file, fileOf(dir, 1));
    const house = await run(t, file);
    const { data } = await house.call('GET', '/admin/config');
    const quiet = { ...data.config, log: { access: null, level: 'error' } };
    assert.deepEqual((await house.call('PUT', '/admin/config', quiet)).data.diff, ['log.level: info -> error']);
    house.program.signal('SIGTERM');
    assert.equal(await house.program.end(), 0);
    assert.doesNotMatch(house.program.stdout, /draining/);
  });
});

describe('a state directory that cannot be had', () => {
  const backends = [{ id: 'a', url: a.url }];

  test('two balancers on one: the second serves what the first has made live, and changes nothing', async (t) => {
    const stateDir = stateDirectory(t);
    const first = await administer(t, { backends }, { stateDir });
    assert.equal((await first.operate('PATCH', '/admin/backends/app/a', { body: { weight: 5 } })).data.kept, true);
    const second = await administer(t, { backends }, { stateDir });
    assert.equal((await second.operate('GET', '/admin/backends')).data.pools[0].backends[0].weight, 5);
    const refused = await second.operate('PATCH', '/admin/backends/app/a', { body: { weight: 6 } });
    assert.equal(refused.status, 503);
    assert.match(refused.data.detail, /in use by process \d+/);
    assert.match(second.log.lines.join('\n'), /warn The state directory .* is in use by/);
    assert.equal((await first.operate('PATCH', '/admin/backends/app/a', { body: { weight: 7 } })).status, 200);
  });

  test('one that cannot be written: it serves, says so, and refuses changes', async (t) => {
    // A link to where nothing is, as of a volume that is not mounted: not even root can make a directory of it.
    const stateDir = join(stateDirectory(t), 'state');
    symlinkSync('/not/there', stateDir);
    const { operate, log, port } = await administer(t, { backends }, { stateDir });
    assert.equal((await callAdmin(port, 'GET', '/proxy/x')).text, 'a');
    const refused = await operate('PATCH', '/admin/backends/app/a', { body: { weight: 6 } });
    assert.equal(refused.status, 503);
    assert.match(refused.data.detail, /cannot be written \(\w+\)/);
    assert.match(log.lines.join('\n'), /warn The state directory .* cannot be written/);
  });
});
