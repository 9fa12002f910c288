/** Revisions on the disk: what was appended is there, what is broken is put aside, and no more is kept than has a use. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { temporaryDirectory } from '../../../test/support/program.ts';
import { LogRecord } from '../../../test/support/virtual-timers.ts';
import { DirectoryStore, MemoryStore, type RevisionStore } from './revision-store.ts';
import { hashOf, type Revision } from './revision.ts';

const revision = (number: number, text: string, more: Partial<Revision> = {}): Revision => ({
  revision: number,
  at: '2026-01-01T00:00:00.000Z',
  by: { name: 'ci', from: '127.0.0.1' },
  source: 'api',
  summary: `change ${number}`,
  diff: [`x: ${number - 1} -> ${number}`],
  standsOn: hashOf('file'),
  setAside: null,
  hash: hashOf(text),
  ...more,
});
const fill = async (store: RevisionStore, from: number, to: number, more: Partial<Revision> = {}): Promise<void> => {
  for (let at = from; at <= to; at++) await store.append(revision(at, `text ${at}`, more), `text ${at}`);
};
const numbers = ({ revisions }: RevisionStore): number[] => revisions.map((one) => one.revision);

describe('a directory of revisions', () => {
  test('what was appended is read again, whole, and only this user can read it', async (t) => {
    const dir = join(temporaryDirectory(t), 'state');
    await fill(await DirectoryStore.open(dir, new LogRecord(), true), 1, 12);
    const again = await DirectoryStore.open(dir, new LogRecord(), true);
    assert.deepEqual(numbers(again), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    assert.deepEqual(again.revisions[6], revision(7, 'text 7'));
    assert.equal(again.text(7), 'text 7');
    assert.equal(again.text(13), null);
    assert.equal(await again.highest(), 12);
    assert.equal(statSync(dir).mode & 0o777, 0o700);
    assert.equal(statSync(join(dir, 'config')).mode & 0o777, 0o700);
    assert.equal(statSync(join(dir, 'config/000007.json')).mode & 0o777, 0o600);
  });

  test('what a crash left half done goes; what cannot be read is put aside and named', async (t) => {
    const dir = temporaryDirectory(t);
    await fill(await DirectoryStore.open(dir, new LogRecord(), true), 1, 5);
    const config = join(dir, 'config');
    writeFileSync(join(config, '000006.json.123.tmp'), '{"revision":6');
    writeFileSync(join(config, 'notes.txt'), 'mine');
    writeFileSync(join(config, '000005.json'), readFileSync(join(config, '000005.json'), 'utf8').slice(0, 60));
    // Somebody has changed the text by hand.
    writeFileSync(
      join(config, '000003.json'),
      readFileSync(join(config, '000003.json'), 'utf8').replace('text 3', 'text X'),
    );
    writeFileSync(join(config, '000004.json'), readFileSync(join(config, '000002.json')));
    mkdirSync(join(config, '000009.json'));
    const log = new LogRecord();
    const store = await DirectoryStore.open(dir, log, true);
    assert.deepEqual(numbers(store), [1, 2]);
    assert.deepEqual(readdirSync(config).toSorted(), [
      '000001.json',
      '000002.json',
      '000003.json.bad',
      '000004.json.bad',
      '000005.json.bad',
      '000009.json.bad',
      'notes.txt',
    ]);
    for (const name of ['000003', '000004', '000005', '000009'])
      assert.ok(
        log.fields.some(({ file }) => String(file).endsWith(`${name}.json`)),
        name,
      );
  });

  test('without the right to write, nothing is moved or removed', async (t) => {
    const dir = temporaryDirectory(t);
    await fill(await DirectoryStore.open(dir, new LogRecord(), true), 1, 2);
    writeFileSync(join(dir, 'config/000002.json'), '');
    writeFileSync(join(dir, 'config/000003.json.1.tmp'), '');
    const before = readdirSync(join(dir, 'config'));
    assert.deepEqual(numbers(await DirectoryStore.open(dir, new LogRecord(), false)), [1]);
    assert.deepEqual(readdirSync(join(dir, 'config')), before);
  });

  test('M4: what others may write to is not believed', async (t) => {
    const dir = temporaryDirectory(t);
    await fill(await DirectoryStore.open(dir, new LogRecord(), true), 1, 3);
    chmodSync(join(dir, 'config/000003.json'), 0o666);
    assert.deepEqual(numbers(await DirectoryStore.open(dir, new LogRecord(), false)), [1, 2]);
    for (const part of [join(dir, 'config'), dir]) {
      chmodSync(part, 0o777);
      await assert.rejects(DirectoryStore.open(dir, new LogRecord(), false), /others may write to .*; run: chmod 700 /);
      chmodSync(part, 0o700);
    }
  });

  test('the newest can be taken back', async (t) => {
    const dir = temporaryDirectory(t);
    const store = await DirectoryStore.open(dir, new LogRecord(), true);
    await fill(store, 1, 3);
    await store.withdraw(3);
    assert.deepEqual(numbers(store), [1, 2]);
    assert.deepEqual(numbers(await DirectoryStore.open(dir, new LogRecord(), true)), [1, 2]);
  });

  test('an append that fails leaves nothing', async (t) => {
    const dir = temporaryDirectory(t);
    const store = await DirectoryStore.open(dir, new LogRecord(), true);
    await fill(store, 1, 1);
    // Where a directory has the name, nothing can be renamed to it, whoever this user is.
    mkdirSync(join(dir, 'config/000002.json'));
    await assert.rejects(fill(store, 2, 2));
    assert.deepEqual(numbers(store), [1]);
    assert.deepEqual(readdirSync(join(dir, 'config')), ['000001.json', '000002.json']);
    chmodSync(join(dir, 'config'), 0o700);
  });
});

describe('both stores', () => {
  const stores: [string, (dir: string) => Promise<RevisionStore>][] = [
    ['directory', (dir) => DirectoryStore.open(dir, new LogRecord(), true)],
    ['memory', () => Promise.resolve(new MemoryStore())],
  ];
  for (const [name, open] of stores) {
    test(`a hundred are kept, and the one set aside (${name})`, async (t) => {
      const store = await open(temporaryDirectory(t));
      await fill(store, 1, 60, { setAside: 5 });
      await fill(store, 61, 150, { setAside: 5 });
      const kept = numbers(store);
      assert.equal(kept.length, 100);
      assert.deepEqual([kept[0], kept[1], kept.at(-1)], [5, 52, 150]);
      assert.equal(store.text(5), 'text 5');
      assert.equal(store.text(51), null);
    });

    test(`large ones are fewer (${name})`, async (t) => {
      const store = await open(temporaryDirectory(t));
      const large = 'x'.repeat(20 * 1024 * 1024);
      for (let at = 1; at <= 5; at++) await store.append(revision(at, large), large);
      assert.deepEqual(numbers(store), [3, 4, 5]);
    });
  }
});
