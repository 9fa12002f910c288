/** One holder at a time; what a dead one left is taken over, by one. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { describe, test, type TestContext } from 'node:test';
import { systemTimers } from '#supervisor/system-timers.ts';
import { temporaryDirectory } from '../../../test/support/program.ts';
import { until } from '../../../test/support/until.ts';
import { StateLock } from './state-lock.ts';

function lock(t: TestContext, dir: string): StateLock {
  const made = new StateLock(dir, systemTimers);
  t.after(() => made.release());
  return made;
}

describe('the lock of a state directory', () => {
  test('has one holder, who may ask again, until it is released', async (t) => {
    const dir = temporaryDirectory(t);
    const [first, second] = [lock(t, dir), lock(t, dir)];
    assert.equal(await first.take(), null);
    assert.equal(await first.take(), null);
    assert.match((await second.take()) ?? '', new RegExp(`^process ${process.pid} on `));
    await first.release();
    assert.equal(existsSync(join(dir, 'lock')), false);
    assert.equal(await second.take(), null);
    assert.deepEqual(readdirSync(dir), ['lock']);
    assert.match((await first.take()) ?? '', /^process/);
  });

  test('of twenty who ask at once, one gets it, also when it was left behind', async (t) => {
    for (let round = 0; round < 12; round++) {
      const left = round % 8 !== 0;
      const dir = temporaryDirectory(t);
      if (left) writeFileSync(join(dir, 'lock'), JSON.stringify({ ...(await deadHolder()), mark: 'x' }));
      const answers = await Promise.all(Array.from({ length: 20 }, () => lock(t, dir).take()));
      assert.equal(answers.filter((answer) => answer === null).length, 1, JSON.stringify(answers));
      assert.deepEqual(readdirSync(dir), ['lock']);
    }
  });

  test('a process that is gone, or another that has its number now, does not hold it', async (t) => {
    const dead = await deadHolder();
    const others = [dead, { ...dead, pid: process.ppid, began: '1' }, { ...dead, pid: process.pid, began: '1' }];
    for (const other of process.platform === 'linux' ? others : [dead]) {
      const dir = temporaryDirectory(t);
      writeFileSync(join(dir, 'lock'), JSON.stringify({ ...other, mark: 'x' }));
      assert.equal(await lock(t, dir).take(), null, JSON.stringify(other));
    }
  });

  const onLinux = process.platform === 'linux' ? false : 'processes are looked up in /proc';
  test('L2: one that has ended and that nobody has waited for does not hold it', { skip: onLinux }, async (t) => {
    // What `exec` starts knows nothing of the child, and never waits for it: so the child must live until then.
    const parent = spawn('sh', ['-c', 'cat <&3 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
    });
    t.after(() => parent.kill('SIGKILL'));
    const [text] = (await once(parent.stdout as Readable, 'data')) as [Buffer];
    const pid = Number(String(text));
    await until('sleep to be in place', () => readFileSync(`/proc/${parent.pid}/comm`, 'latin1') === 'sleep\n');
    parent.stdio[3]?.destroy();
    await until('the child to be a zombie', () => /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1')));
    const dir = temporaryDirectory(t);
    const { hostname } = await import('node:os');
    writeFileSync(join(dir, 'lock'), JSON.stringify({ pid, began: beganAt(pid), host: hostname(), mark: 'x' }));
    assert.equal(await lock(t, dir).take(), null);
  });

  test('one that lives does, and on another host as long as its lock is touched', async (t) => {
    const dir = temporaryDirectory(t);
    const path = join(dir, 'lock');
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    t.after(() => child.kill('SIGKILL'));
    await once(child, 'spawn');
    const holder = { ...(await deadHolder()), pid: child.pid, began: beganAt(child.pid as number), mark: 'x' };
    writeFileSync(path, JSON.stringify(holder));
    assert.match((await lock(t, dir).take()) ?? '', new RegExp(`^process ${child.pid} `));
    writeFileSync(path, JSON.stringify({ ...holder, pid: 1, host: 'elsewhere' }));
    assert.equal(await lock(t, dir).take(), 'process 1 on elsewhere');
    const old = Date.now() / 1000 - 60;
    utimesSync(path, old, old);
    assert.equal(await lock(t, dir).take(), null);
  });

  test('one who was faster at taking over what was left keeps it', async (t) => {
    const dir = temporaryDirectory(t);
    const path = join(dir, 'lock');
    const holder = { pid: 1, began: '', host: 'elsewhere' };
    writeFileSync(path, JSON.stringify({ ...holder, mark: 'left' }));
    const old = Date.now() / 1000 - 60;
    utimesSync(path, old, old);
    let looks = 0;
    const slow = new StateLock(dir, {
      ...systemTimers,
      // Asked between looking at the lock and taking it over.
      wallMs: () => {
        if (looks++ === 0) writeFileSync(path, JSON.stringify({ ...holder, mark: 'faster' }));
        return Date.now();
      },
    });
    t.after(() => slow.release());
    assert.equal(await slow.take(), 'process 1 on elsewhere');
    assert.match(readFileSync(path, 'utf8'), /faster/);
    assert.deepEqual(readdirSync(dir), ['lock']);
  });

  test('one who has lost it without knowing is told, and does not remove the other', async (t) => {
    const dir = temporaryDirectory(t);
    const first = lock(t, dir);
    await first.take();
    const other = JSON.stringify({
      ...(await deadHolder()),
      pid: process.ppid,
      began: beganAt(process.ppid),
      mark: 'x',
    });
    writeFileSync(join(dir, 'lock'), other);
    assert.match((await first.take()) ?? '', /^process/);
    await first.release();
    assert.equal(readFileSync(join(dir, 'lock'), 'utf8'), other);
  });
});

/** A process of this host that has ended. */
async function deadHolder(): Promise<{ pid: number; began: string; host: string }> {
  const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' });
  await once(child, 'exit');
  const { hostname } = await import('node:os');
  return { pid: child.pid as number, began: '12345', host: hostname() };
}

function beganAt(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
