import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test, type TestContext } from 'node:test';
import { crowdOf, sampleOf, type Said } from '../../../test/support/history-samples.ts';
import { TwoClocks } from '../../../test/support/two-clocks.ts';
import { LogRecord } from '../../../test/support/virtual-timers.ts';
import { HistoryFile } from './history-file.ts';
import { HistoryMirror, RETRY_MS, WRITE_EVERY_MS } from './history-mirror.ts';
import { HistoryStore } from './history-store.ts';
import { createHistory, HISTORY_FILE, type History } from './history.ts';
import type { Sample } from './step.ts';

const ONE_REQUEST: Said = { requests: 1, picks: { 'app/a': 1 } };

function directory(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'eb-history-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A history that samples one request a second. */
function begun(
  t: TestContext,
  dir: string,
  clocks = new TwoClocks(),
  sample: () => Sample = () => sampleOf(ONE_REQUEST),
) {
  const log = new LogRecord();
  const history = createHistory({ dir, timers: clocks, log, sample });
  history.start();
  t.after(() => history.stop());
  return { history, log, clocks, dir, path: join(dir, HISTORY_FILE) };
}

/** Requests, and picks of app/a, in the past hour. */
function counted(history: History, clocks: TwoClocks): { requests: number; picks: number } {
  const { series, backendSelection } = history.between(clocks.wallMs() - 3_500_000, clocks.wallMs(), 60);
  return { requests: sum(series.requests), picks: sum(backendSelection['app/a'] ?? []) };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

describe('the file of the history', () => {
  test('a restart goes on where it ended, and the time between is missing', (t) => {
    const { history, clocks, dir, path } = begun(t, directory(t));
    clocks.advance(20_000);
    history.stop();
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.ok(!existsSync(`${path}-wal`), 'the log of the file is in the file');
    clocks.advance(30_000);
    const next = begun(t, dir, clocks);
    assert.deepEqual(
      counted(next.history, clocks),
      { requests: 20, picks: 20 },
      'asked before the first second is over',
    );
    clocks.advance(10_000);
    const { at, series } = next.history.between(clocks.wallMs() - 60_000, clocks.wallMs(), 1);
    const begin = Date.UTC(2026, 0, 1) / 1000;
    assert.deepEqual(
      at.map((one) => one - begin),
      [...range(0, 20), ...range(50, 59)],
    );
    assert.equal(sum(series.requests), 29);
    assert.deepEqual(next.log.lines, []);
  });

  test('a crash loses no more than came since the last write', (t) => {
    const { clocks, dir } = begun(t, directory(t));
    clocks.advance(31_500);
    // What a killed process leaves: the file and its log as they are on the disk at that moment.
    const left = join(dir, 'left');
    mkdirSync(left);
    for (const name of [HISTORY_FILE, `${HISTORY_FILE}-wal`]) cpSync(join(dir, name), join(left, name));
    const next = begun(t, left, clocks);
    const { requests, picks } = counted(next.history, clocks);
    assert.equal(requests, picks);
    assert.ok(requests >= 31 - WRITE_EVERY_MS / 1000 && requests <= 31, `${requests} of 31`);
    assert.deepEqual(next.log.lines, []);
  });

  const damages: readonly [name: string, damage: (path: string) => void][] = [
    ['text', (path) => writeFileSync(path, 'no database, this '.repeat(500))],
    ['the database of something else', (path) => foreign(path, 'CREATE TABLE accounts (name TEXT)')],
    ['the history of another version', (path) => foreign(path, 'PRAGMA user_version = 99')],
    ['damaged in its middle', scramble],
    ['a directory', (path) => (rmSync(path), mkdirSync(path), writeFileSync(join(path, 'x'), 'x'))],
  ];
  for (const [name, damage] of damages)
    test(`a file that is ${name} is moved aside, and a new one begins`, (t) => {
      const dir = directory(t);
      const { history, clocks, path } = begun(t, dir);
      clocks.advance(3_000_000);
      history.stop();
      for (let time = 0; time < 2; time++) {
        damage(path);
        const next = begun(t, dir, clocks);
        clocks.advance(5_000);
        next.history.stop();
        assert.deepEqual(next.log.lines, [
          'warn the history begins anew: it is damaged, or not a history of this version',
        ]);
        assert.ok(existsSync(`${path}.bad`));
        const after = begun(t, dir, clocks);
        assert.equal(counted(after.history, clocks).requests, 5);
        after.history.stop();
        assert.deepEqual(after.log.lines, []);
      }
    });

  test('an empty file, as a crash in the first moment leaves it, is a new one', (t) => {
    const dir = directory(t);
    writeFileSync(join(dir, HISTORY_FILE), '');
    const { history, clocks, log } = begun(t, dir);
    clocks.advance(5_000);
    history.stop();
    assert.deepEqual(log.lines, []);
    assert.equal(counted(begun(t, dir, clocks).history, clocks).requests, 5);
  });

  test('rows that are no steps are left out and written over, the rest is kept', (t) => {
    const dir = directory(t);
    const { history, clocks, path } = begun(t, dir);
    clocks.advance(20_000);
    history.stop();
    const database = new DatabaseSync(path);
    database.exec("UPDATE seconds SET step = x'ff' WHERE at % 2 = 0; UPDATE seconds SET at = at + 1 WHERE at % 7 = 0");
    database.exec("INSERT INTO seconds (place, at, step) VALUES (-5, -5, x'00'), (99999, 4, x'000000')");
    database.close();
    clocks.advance(1000);
    const next = begun(t, dir, clocks);
    const begin = Date.UTC(2026, 0, 1) / 1000;
    const sound = range(0, 20).filter((one) => (begin + one) % 2 !== 0 && (begin + one) % 7 !== 0);
    const { at } = next.history.between(clocks.wallMs() - 30_000, clocks.wallMs(), 1);
    assert.deepEqual(
      at.map((one) => one - begin),
      sound,
    );
    assert.equal(counted(next.history, clocks).requests, 20, 'minutes are sound');
    next.history.stop();
    assert.deepEqual(next.log.lines, []);
    const rows = new DatabaseSync(path, { readOnly: true }).prepare('SELECT count(*) AS n FROM seconds').get();
    assert.equal(rows?.['n'], sound.length + 1, 'what is no step is gone, the last second came');
  });

  test('where nothing can be written it goes on in memory and says so once; when it can be, all of it is kept', (t) => {
    const dir = directory(t);
    const blocked = join(dir, 'state');
    writeFileSync(blocked, 'a file where the directory should be');
    const { history, clocks, log } = begun(t, blocked);
    clocks.advance(3 * RETRY_MS);
    assert.equal(counted(history, clocks).requests, 179);
    assert.equal(log.lines.length, 1);
    assert.match(log.lines[0] ?? '', /^warn the history is only in memory, a restart loses it: .*state\.dir/);
    rmSync(blocked);
    clocks.advance(RETRY_MS);
    assert.equal(log.lines[1], 'info the history is kept in its file again');
    history.stop();
    assert.equal(log.lines.length, 2);
    assert.deepEqual(counted(begun(t, blocked, clocks).history, clocks), { requests: 240, picks: 240 });
  });

  test('a second process on the same file breaks neither, and takes over when the first has ended', (t) => {
    const first = begun(t, directory(t));
    const { clocks, dir, path } = first;
    clocks.advance(20_000);
    const script = `
      const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
      try { new DatabaseSync(${JSON.stringify(path)}).exec('SELECT * FROM names'); } catch (error) { process.exit(40 + error.errcode); }`;
    assert.equal(spawnSync(process.execPath, ['-e', script]).status, 45, 'SQLITE_BUSY, at once');
    const second = begun(t, dir, clocks, () => sampleOf({ requests: 10, picks: { 'app/b': 1, 'app/a': 1 } }));
    clocks.advance(15_000);
    assert.deepEqual(second.log.lines, [
      'warn the history is only in memory, a restart loses it: another process has it open; give each process a state.dir of its own',
    ]);
    assert.deepEqual(
      [counted(first.history, clocks), counted(second.history, clocks)],
      [
        { requests: 34, picks: 34 },
        { requests: 140, picks: 14 },
      ],
    );
    first.history.stop();
    clocks.advance(RETRY_MS);
    assert.deepEqual(first.log.lines, []);
    assert.equal(second.log.lines[1], 'info the history is kept in its file again');
    second.history.stop();
    const seconds = 15 + RETRY_MS / 1000;
    const both = { requests: 35 + 10 * seconds, picks: 35 + seconds };
    assert.deepEqual(counted(second.history, clocks), both);
    assert.deepEqual(counted(begun(t, dir, clocks).history, clocks), both);
  });
});

describe('a disk', () => {
  const full = Object.assign(new Error('database or disk is full'), { errcode: 13 });

  /** A mirror over a file whose writes do `before` first. */
  function mirrored(t: TestContext, before: (clocks: TwoClocks, writes: number) => void) {
    const clocks = new TwoClocks();
    const log = new LogRecord();
    const store = new HistoryStore();
    const path = join(directory(t), HISTORY_FILE);
    const seen = { opens: 0, writes: 0 };
    const open = (at: string): HistoryFile => {
      seen.opens += 1;
      const file = HistoryFile.open(at);
      return new Proxy(file, {
        get(target, name) {
          if (name !== 'write') return (...args: []) => (target[name as 'close'] as (...args: []) => unknown)(...args);
          return (...args: Parameters<HistoryFile['write']>) => {
            before(clocks, ++seen.writes);
            target.write(...args);
          };
        },
      });
    };
    const mirror = new HistoryMirror({ path, store, timers: clocks, log, open });
    t.after(() => mirror.close());
    let atS = Math.floor(clocks.wallMs() / 1000);
    const second = () => {
      clocks.advance(1000);
      store.record(atS++, sampleOf(ONE_REQUEST));
      mirror.keepUp();
    };
    return { clocks, log, store, path, seen, mirror, second };
  }

  test('that is slow is given a pause of a hundred times as long as it took', (t) => {
    const { clocks, seen, second, log } = mirrored(t, (time) => time.pass(500));
    second();
    assert.equal(seen.writes, 1);
    const endMs = clocks.nowMs();
    while (seen.writes < 2) second();
    assert.ok(clocks.nowMs() - 500 - endMs >= 50_000, `written again after ${clocks.nowMs() - 500 - endMs} ms`);
    assert.deepEqual(log.lines, []);
  });

  test('that is full is told of once; what could not be written is written when there is room', (t) => {
    let room = true;
    const { log, seen, second, mirror, path } = mirrored(t, () => {
      if (!room) throw full;
    });
    for (let turn = 0; turn < 15; turn++) second();
    room = false;
    for (let turn = 0; turn < 200; turn++) second();
    assert.deepEqual(log.lines, [
      'warn the history is only in memory, a restart loses it: there is no room for it on the disk',
    ]);
    room = true;
    for (let turn = 0; turn < 60; turn++) second();
    assert.equal(log.lines[1], 'info the history is kept in its file again');
    assert.equal(seen.opens, 1, 'the file stayed open');
    mirror.close();
    const { seconds, names } = HistoryFile.open(path).read();
    assert.equal([...seconds].length, 275);
    assert.deepEqual([...names], [[1, 'app/a']]);
  });

  test('that damages the file while it is open: it is replaced, and memory is written into the new one', (t) => {
    const corrupt = Object.assign(new Error('database disk image is malformed'), { errcode: 11 });
    const { log, second, mirror, path } = mirrored(t, (_, writes) => {
      if (writes === 2) throw corrupt;
    });
    for (let turn = 0; turn < 25; turn++) second();
    assert.deepEqual(log.lines, ['warn the history begins anew: it is damaged, or not a history of this version']);
    mirror.close();
    assert.equal([...HistoryFile.open(path).read().seconds].length, 25);
  });

  test('what memory had no room for is not in the file either', (t) => {
    const path = join(directory(t), HISTORY_FILE);
    const store = new HistoryStore({ ringBytesMax: 20_000 });
    const file = HistoryFile.open(path);
    t.after(() => file.close());
    const crowd = crowdOf(100);
    const beginS = Date.UTC(2026, 0, 1) / 1000;
    for (let turn = 0; turn < 300; turn++) {
      store.record(beginS + turn, crowd);
      if (turn % 10 === 9) file.write(store, false);
    }
    const held = Array.from(store.seconds.steps(), ({ atS }) => atS);
    assert.ok(held.length < 100 && store.seconds.bytes <= 20_000, `${held.length} steps`);
    assert.deepEqual(
      file
        .read()
        .seconds.map(({ atS }) => atS)
        .sort(),
      held.sort(),
    );
  });

  test('the file has a bound, and shrinks again when there are fewer backends', (t) => {
    const path = join(directory(t), HISTORY_FILE);
    const store = new HistoryStore();
    const file = HistoryFile.open(path);
    t.after(() => file.close());
    const pages = () => {
      file.write(store, false);
      return statSync(path).size;
    };
    const crowd = crowdOf(1000);
    let atS = Date.UTC(2026, 0, 1) / 1000;
    for (let turn = 0; turn < 8000; turn++) {
      store.record(atS++, crowd);
      if (turn % 400 === 0) file.write(store, false);
    }
    file.checkpoint();
    const large = pages();
    assert.ok(large > 5e6 && large < 32e6, `${large} bytes`);
    for (let turn = 0; turn < 8000; turn++) {
      store.record(atS++, sampleOf(ONE_REQUEST));
      if (turn % 100 === 0) file.write(store, false);
    }
    file.checkpoint();
    assert.ok(statSync(path).size < large / 5, `${statSync(path).size} bytes of ${large}`);
  });
});

function range(from: number, end: number): number[] {
  return Array.from({ length: end - from }, (_, at) => from + at);
}

function foreign(path: string, sql: string): void {
  if (sql.startsWith('CREATE')) rmSync(path);
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

function scramble(path: string): void {
  const bytes = readFileSync(path);
  bytes.fill(0xa5, 4096);
  writeFileSync(path, bytes);
}
