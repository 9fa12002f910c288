import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { DEFAULT_CAPACITY } from '#memory/layout.ts';
import type { CounterRow } from '#memory/counters.ts';
import { layTables, tablesBytes } from '#memory/tables.ts';
import { ExchangeNotes } from '#observe/exchange-notes.ts';
import { temporaryDirectory } from '../../test/support/program.ts';
import { AccessLogKeeper } from './access-log.ts';

function keeper(): AccessLogKeeper {
  const capacity = { ...DEFAULT_CAPACITY, workers: 1, slots: 1, routes: 1, pools: 1 };
  const { counters } = layTables(new ArrayBuffer(tablesBytes(capacity)), capacity);
  return new AccessLogKeeper(counters.rows[0] as CounterRow);
}

/** One line in whatever log there is. */
function write({ log }: AccessLogKeeper): void {
  const notes = new ExchangeNotes();
  notes.begin(performance.now(), Buffer.from('127.0.0.1'), 'public');
  notes.status = 200;
  log?.write(notes, performance.now());
}

const count = (path: string): number => readFileSync(path, 'utf8').split('\n').length - 1;

describe('the log of a worker', () => {
  test('follows the plan', async (t) => {
    const directory = temporaryDirectory(t);
    const [first, second] = [join(directory, 'first'), join(directory, 'second')];
    const kept = keeper();
    write(kept);
    assert.equal(kept.follow({ to: first, format: 'json', sample: 1 }), null);
    const { log } = kept;
    write(kept);
    assert.equal(kept.follow({ to: second, format: 'json', sample: 1 }), null);
    assert.equal(kept.log, log, 'exchanges that have begun keep their log');
    write(kept);
    assert.equal(kept.follow({ to: second, format: 'json', sample: 0 }), null);
    write(kept);
    assert.equal(kept.follow(null), null);
    assert.equal(kept.log, null);
    await kept.close();
    assert.deepEqual([count(first), count(second)], [1, 1]);
  });

  test('goes on where it was when the next place cannot be opened', async (t) => {
    const directory = temporaryDirectory(t);
    const path = join(directory, 'log');
    const kept = keeper();
    assert.match(
      kept.follow({ to: join(directory, 'missing/log'), format: 'json', sample: 1 }) ?? '',
      /missing does not exist; create it\.$/,
    );
    assert.equal(kept.log, null);
    kept.follow({ to: path, format: 'json', sample: 1 });
    assert.notEqual(kept.follow({ to: directory, format: 'json', sample: 1 }), null);
    write(kept);
    await kept.close();
    assert.equal(count(path), 1);
  });

  test('loses nothing when the thread dies of an error', async (t) => {
    const path = join(temporaryDirectory(t), 'log');
    const url = (file: string): string => JSON.stringify(new URL(file, import.meta.url).href);
    const script = `
      import { AccessLogKeeper } from ${url('./access-log.ts')};
      import { ExchangeNotes } from ${url('../observe/exchange-notes.ts')};
      const kept = new AccessLogKeeper({ global: new Float64Array(100) });
      kept.follow({ to: ${JSON.stringify(path)}, format: 'json', sample: 1 });
      const notes = new ExchangeNotes();
      notes.begin(performance.now(), Buffer.from('127.0.0.1'), 'public');
      for (let i = 0; i < 20; i++) kept.log.write(notes, performance.now());
      throw new Error('on purpose');`;
    const thread = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`));
    const [error] = (await once(thread, 'error')) as [Error];
    assert.equal(error.message, 'on purpose');
    if (thread.threadId !== -1) await once(thread, 'exit');
    assert.equal(count(path), 20);
  });
});
