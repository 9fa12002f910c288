import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { LogRecord, VirtualTimers } from '../../../test/support/virtual-timers.ts';
import { environmentToken } from './environment-token.ts';
import type { AdminSettings } from './settings.ts';
import { hashToken, newToken } from './token.ts';
import { TokenFile } from './token-file.ts';
import { Tokens } from './tokens.ts';

const NONE: AdminSettings = { tokens: [], publicRead: false, publicMetrics: false };
const DAY_MS = 86_400_000;

function directoryOf(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'eb-tokens-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

interface Made {
  tokens: Tokens;
  timers: VirtualTimers;
  log: LogRecord;
  settings: { current: AdminSettings };
}

function tokensIn(directory: string | null, environment: string | null = null, timers = new VirtualTimers()): Made {
  const log = new LogRecord();
  const settings = { current: NONE };
  const file = directory === null ? null : new TokenFile(directory);
  const tokens = new Tokens({ settings: () => settings.current, file, environment, timers, log });
  return { tokens, timers, log, settings };
}

async function create(
  tokens: Tokens,
  name: string,
  role: 'viewer' | 'operator' = 'operator',
  expiresMs: number | null = null,
): Promise<string> {
  const created = await tokens.create(name, role, expiresMs);
  assert.equal(created.kind, 'done');
  return created.kind === 'done' ? created.token : '';
}

describe('tokens', () => {
  test('have 256 random bits, and are kept as hashes alone', async (t) => {
    const directory = directoryOf(t);
    const { tokens } = tokensIn(directory);
    const made = await create(tokens, 'one');
    assert.match(made, /^eb_[\w-]{43}$/);
    assert.notEqual(newToken(), newToken());
    const text = readFileSync(join(directory, 'tokens.json'), 'utf8');
    assert.ok(text.includes(hashToken(made)) && !text.includes(made));
    assert.equal(tokens.find(made)?.name, 'one');
    for (const wrong of ['', 'eb_', made.slice(1), `${made} `, hashToken(made), 'x'.repeat(10_000)])
      assert.equal(tokens.find(wrong), null);
  });

  test('outlive a restart, and expire when they said', async (t) => {
    const directory = directoryOf(t);
    const timers = new VirtualTimers();
    const before = tokensIn(directory, null, timers);
    assert.equal(before.tokens.none, true);
    const forEver = await create(before.tokens, 'ever');
    const oneDay = await create(before.tokens, 'day', 'viewer', timers.wallMs() + DAY_MS);
    const { tokens } = tokensIn(directory, null, timers);
    assert.equal(tokens.none, false);
    await timers.advance(DAY_MS - 1);
    assert.equal(tokens.find(oneDay)?.role, 'viewer');
    await timers.advance(1);
    assert.equal(tokens.find(oneDay), null);
    assert.equal(tokens.byHash(hashToken(oneDay)), null, 'nor does a session of it');
    assert.equal(tokens.find(forEver)?.role, 'operator');
    assert.equal(tokens.list().length, 2, 'it is still listed, so that somebody sees that it has expired');
  });

  test('M1: none is made under a name that the audit has for the product itself', async () => {
    const { tokens } = tokensIn(null);
    for (const name of ['environment', 'start', 'file', 'signal']) {
      const refused = await tokens.create(name, 'operator', null);
      assert.deepEqual([refused.kind, 'status' in refused && refused.status], ['refused', 409], name);
    }
  });

  test('of the configuration follow it at once', () => {
    const { tokens, settings } = tokensIn(null);
    settings.current = { ...NONE, tokens: [{ name: 'ci', role: 'viewer', hash: hashToken('abc') }] };
    assert.equal(tokens.find('abc')?.kept, 'configuration');
    settings.current = { ...NONE, tokens: [{ name: 'ci', role: 'operator', hash: hashToken('abc') }] };
    assert.equal(tokens.find('abc')?.role, 'operator');
    settings.current = NONE;
    assert.equal(tokens.find('abc'), null);
  });

  test('that another process makes or revokes count within a second', async (t) => {
    const directory = directoryOf(t);
    const { tokens, timers } = tokensIn(directory);
    const other = tokensIn(directory).tokens;
    const theirs = await create(other, 'theirs');
    await timers.advance(1000);
    assert.equal(tokens.find(theirs)?.name, 'theirs');
    await create(tokens, 'ours');
    assert.equal((await other.revoke('theirs')).kind, 'done');
    await timers.advance(1000);
    assert.equal(tokens.find(theirs), null);
    assert.deepEqual(
      tokens.list().map(({ name }) => name),
      ['ours'],
      'neither has lost what the other wrote',
    );
  });

  test('made by many at once are all there', async (t) => {
    const directory = directoryOf(t);
    const processes = Array.from({ length: 4 }, () => tokensIn(directory).tokens);
    await Promise.all(Array.from({ length: 20 }, (_, at) => create(processes[at % 4] as Tokens, `t${at}`)));
    assert.equal(tokensIn(directory).tokens.list().length, 20);
  });

  test('cannot be made twice, nor revoked where they are not kept, nor the last operator’s', async (t) => {
    const { tokens, settings } = tokensIn(directoryOf(t), 'from-the-environment-01234');
    settings.current = { ...NONE, tokens: [{ name: 'ci', role: 'viewer', hash: hashToken('abc') }] };
    await create(tokens, 'mine');
    const statusOf = async (made: ReturnType<Tokens['revoke']> | ReturnType<Tokens['create']>): Promise<unknown> => {
      const outcome = await made;
      return outcome.kind === 'refused' ? outcome.status : outcome.kind;
    };
    for (const name of ['mine', 'ci', 'environment'])
      assert.equal(await statusOf(tokens.create(name, 'viewer', null)), 409, name);
    for (const name of ['ci', 'environment']) assert.equal(await statusOf(tokens.revoke(name)), 409, name);
    assert.equal(await statusOf(tokens.revoke('nobody')), 404);
    assert.equal(await statusOf(tokens.revoke('mine')), 'done', 'the environment still has an operator');
    const alone = tokensIn(directoryOf(t)).tokens;
    await create(alone, 'only');
    await create(alone, 'old', 'operator', 0);
    assert.equal(await statusOf(alone.revoke('only')), 409, 'one that has expired does not count');
    assert.equal(await statusOf(alone.revoke('old')), 'done');
  });

  test('say to the minute when they were used, also after a restart', async (t) => {
    const directory = directoryOf(t);
    const { tokens, timers } = tokensIn(directory);
    const made = await create(tokens, 'used');
    assert.equal(tokens.list()[0]?.lastUsedAt, null);
    await timers.advance(90_000);
    tokens.find(made);
    assert.equal(tokens.list()[0]?.lastUsedAt, '2026-01-01T00:01:00.000Z');
    await tokens.flush();
    assert.equal(tokensIn(directory).tokens.list()[0]?.lastUsedAt, '2026-01-01T00:01:00.000Z');
  });
});

describe('tokens.json', () => {
  test('is refused when others can read or write it, or its directory', async (t) => {
    const directory = directoryOf(t);
    await create(tokensIn(directory).tokens, 'one');
    const path = join(directory, 'tokens.json');
    for (const mode of [0o640, 0o604, 0o620, 0o602]) {
      chmodSync(path, mode);
      assert.throws(() => tokensIn(directory), /can be read or written by others .* Run: chmod 600/);
    }
    chmodSync(path, 0o600);
    chmodSync(directory, 0o777);
    assert.throws(() => tokensIn(directory), /can be written by others .* Run: chmod 700/);
    chmodSync(directory, 0o755);
    assert.equal(tokensIn(directory).tokens.list().length, 1);
  });

  test('is refused when it is no list of tokens, with what to do', (t) => {
    const directory = directoryOf(t);
    const path = join(directory, 'tokens.json');
    for (const [text, says] of [
      ['{', /is not JSON/],
      ['[]', /is not a list of tokens/],
      ['{"version":1,"tokens":[{"name":"x","role":"king"}]}', /at tokens\.0/],
      [`{"version":1,"tokens":[],"x":"${'y'.repeat(1024 * 1024)}"}`, /larger than 1 MiB/],
    ] as const) {
      writeFileSync(path, text, { mode: 0o600 });
      assert.throws(() => tokensIn(directory), says);
    }
    rmSync(path);
    mkdirSync(path);
    assert.throws(() => tokensIn(directory), /not a plain file/);
    rmSync(path, { recursive: true });
    symlinkSync('/etc/hostname', path);
    assert.throws(() => tokensIn(directory), /not a plain file/);
  });

  test('that becomes bad while it runs takes nobody’s token away, and is complained of once', async (t) => {
    const directory = directoryOf(t);
    const { tokens, timers, log } = tokensIn(directory);
    const made = await create(tokens, 'one');
    chmodSync(join(directory, 'tokens.json'), 0o644);
    for (let turn = 0; turn < 3; turn++) {
      await timers.advance(1000);
      assert.equal(tokens.find(made)?.name, 'one');
    }
    assert.equal(log.lines.filter((line) => line.startsWith('error')).length, 1);
    assert.equal((await tokens.create('two', 'viewer', null)).kind, 'refused');
  });

  test('outlives a lock that a crash left behind', async (t) => {
    const directory = directoryOf(t);
    const lock = join(directory, 'tokens.json.lock');
    writeFileSync(lock, '');
    utimesSync(lock, 1, 1);
    await create(tokensIn(directory).tokens, 'one');
  });
});

test('the environment’s token: long enough, and sayable', () => {
  const of = (token?: string) => environmentToken(token === undefined ? {} : { EDGEBALANCER_ADMIN_TOKEN: token });
  assert.deepEqual([of(), of('')], [{ token: null }, { token: null }]);
  assert.deepEqual(of('a'.repeat(24)), { token: 'a'.repeat(24) });
  for (const wrong of [
    'hunter2',
    'a'.repeat(23),
    'a'.repeat(513),
    `${'a'.repeat(30)} b`,
    `${'ä'.repeat(30)}`,
    `=${'a'.repeat(30)}`,
  ]) {
    const reading = of(wrong);
    assert.ok('problem' in reading && !reading.problem.includes(wrong), wrong);
  }
});

test('a directory that others may write gets no tokens, since the next start would refuse them', async (t) => {
  const directory = directoryOf(t);
  chmodSync(directory, 0o777);
  const { tokens } = tokensIn(directory);
  const created = await tokens.create('first', 'operator', null);
  assert.match(JSON.stringify(created), /"status":503,"why":"[^"]*can be written by others \(mode 777\).*chmod 700/);
  assert.deepEqual(readdirSync(directory), []);
});

test('a state directory that is none, or cannot be looked into, is one sentence and no crash', (t) => {
  const directory = join(directoryOf(t), 'file');
  writeFileSync(directory, '');
  assert.throws(() => tokensIn(directory), {
    name: 'TokenFileError',
    message: `${directory} is no directory. Remove what is there, or name another (\`state.dir\`).`,
  });
});

test('a file that is removed revokes its tokens, and the log says so', async (t) => {
  const directory = directoryOf(t);
  const { tokens, timers, log } = tokensIn(directory);
  const token = await create(tokens, 'ops');
  rmSync(join(directory, 'tokens.json'));
  await timers.advance(2000);
  assert.equal(tokens.find(token), null);
  assert.match(log.lines.join('\n'), /warn the tokens in it are revoked: the file is gone/);
});

test('tokens stay good when the directory can no longer be looked into', async (t) => {
  const directory = directoryOf(t);
  const { tokens, timers, log } = tokensIn(directory);
  const token = await create(tokens, 'ops');
  rmSync(directory, { recursive: true });
  writeFileSync(directory, '');
  await timers.advance(2000);
  assert.equal(tokens.find(token)?.name, 'ops');
  assert.match(log.lines.join('\n'), /the tokens are those from before: .* is no directory/);
});
