import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { NumberedLines as Writer, WholeLines as Reader } from '../../test/support/numbered-lines.ts';
import { temporaryDirectory as directory } from '../../test/support/program.ts';
import { until } from '../../test/support/until.ts';

const NUMBERED_LINES = new URL('../../test/support/numbered-lines.ts', import.meta.url).href;
/** What a pipe holds on Linux, and what waits here at most. */
const PIPE_BYTES = 64 * 1024;
const WAITING_BYTES_MAX = 1024 * 1024;

/** A pipe with a name, and the end that reads from it, which never waits. */
class Fifo {
  readonly path: string;
  readonly reader: Reader = new Reader();
  #fd = -1;

  constructor(t: TestContext) {
    this.path = join(directory(t), 'fifo');
    execFileSync('mkfifo', [this.path]);
    this.open();
    t.after(() => this.close());
  }

  open(): void {
    this.#fd = openSync(this.path, constants.O_RDONLY | constants.O_NONBLOCK);
  }

  close(): void {
    if (this.#fd !== -1) closeSync(this.#fd);
    this.#fd = -1;
  }

  /** Takes up to `most` bytes; the number taken. */
  take(most = PIPE_BYTES): number {
    const part = Buffer.alloc(most);
    try {
      const length = readSync(this.#fd, part);
      this.reader.read(part.toString('latin1', 0, length));
      return length;
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN');
      return 0;
    }
  }

  /** Reads and lets the queues write until nothing is left. */
  takeAll(...writers: readonly Writer[]): void {
    do {
      for (const writer of writers) {
        writer.tell();
        writer.queue.flush(performance.now());
      }
    } while (this.take() > 0);
  }
}

describe('a file', () => {
  test('gets every line in its order, behind what it holds', async (t) => {
    const path = join(directory(t), 'log');
    const reader = new Reader();
    for (let round = 0; round < 2; round++) {
      const writer = new Writer(path, `w${round}`);
      for (let i = 0; i < 2000; i++) writer.line(20 + (i % 500));
      await writer.queue.close();
      assert.equal(writer.dropped, 0);
    }
    reader.read(readFileSync(path, 'latin1'));
    reader.assertWhole();
    assert.deepEqual([reader.count('w0'), reader.count('w1')], [2000, 2000]);
  });

  test('is written by itself when enough waits, and by the clock when little does', async (t) => {
    const path = join(directory(t), 'log');
    const writer = new Writer(path);
    t.after(() => writer.queue.close());
    for (let i = 0; i < 700; i++) writer.line();
    await until('the first write', () => readFileSync(path).length > 0);
    await until('the last', () => {
      writer.queue.flush(performance.now());
      return writer.queue.waiting === 0;
    });
    assert.equal(readFileSync(path).length, 280_000);
  });

  test('that is full loses lines, keeps the others whole, and says how many', async (t) => {
    const path = join(directory(t), 'log');
    // The shell's limit of a file's size stands in for the disk's. Ignored, the signal becomes an error of the write.
    const script = `
      import { NumberedLines } from ${JSON.stringify(NUMBERED_LINES)};
      import { truncateSync } from 'node:fs';
      const writer = new NumberedLines(${JSON.stringify(path)});
      for (let i = 0; i < 100; i++) writer.line(400);
      const written = async () => {
        while (writer.queue.waiting > 0) {
          writer.queue.flush(performance.now());
          await new Promise((resolve) => setImmediate(resolve));
        }
      };
      await written();
      const { dropped } = writer;
      truncateSync(${JSON.stringify(path)});
      for (let i = 0; i < 5; i++) {
        writer.line(400);
        await written();
      }
      await writer.queue.close();
      console.log(dropped, writer.dropped);`;
    const limited = `trap '' XFSZ; ulimit -f 20; exec "$0" --input-type=module -e "$1"`;
    const out = execFileSync('sh', ['-c', limited, process.execPath, script]);
    const [dropped, atEnd] = out.toString().split(' ').map(Number);
    // 20 blocks of 512 or 1024 bytes hold 25 or 51 lines.
    assert.ok(dropped === 75 || dropped === 49, String(dropped));
    assert.equal(atEnd, dropped);
    const [torn, ...lines] = readFileSync(path, 'latin1').split('\n');
    assert.equal(torn, '', 'the line that was torn ends before the next');
    const reader = new Reader();
    reader.read(lines.join('\n'));
    reader.assertWhole();
    assert.deepEqual([reader.count(), reader.lost['w']], [5, dropped]);
  });
});

describe('a pipe', () => {
  test('whose reader sleeps stops nobody: a bounded part waits, the rest is dropped and told of', (t) => {
    const fifo = new Fifo(t);
    const writer = new Writer(fifo.path);
    for (let i = 0; i < 10_000; i++) writer.line();
    assert.ok(writer.queue.waiting <= WAITING_BYTES_MAX);
    assert.ok(writer.queue.waiting > WAITING_BYTES_MAX - 2 * PIPE_BYTES);
    assert.ok(writer.dropped > 0);
    fifo.takeAll(writer);
    fifo.reader.assertWhole();
    assert.equal(fifo.reader.count() + writer.dropped, 10_000);
    assert.equal(fifo.reader.lost['w'], writer.dropped);
    writer.line();
    fifo.takeAll(writer);
    assert.equal(fifo.reader.seen['w']?.at(-1), 10_001);
    closeNow(t, writer);
  });

  test('keeps the lines of two writers whole while it is full', (t) => {
    const fifo = new Fifo(t);
    const writers = [new Writer(fifo.path, 'a'), new Writer(fifo.path, 'b')] as const;
    let turn = 0;
    for (let round = 0; round < 1000; round++) {
      for (const writer of writers) {
        for (let i = 0; i < 5; i++) writer.line(17 + ((turn += 7) % 900));
        writer.queue.flush(performance.now());
      }
      // Odd amounts, so that what is free in the pipe is never a whole number of lines.
      fifo.take(3001);
    }
    fifo.takeAll(...writers);
    fifo.reader.assertWhole();
    for (const { name, written, dropped, queue } of writers) {
      assert.equal(fifo.reader.count(name), written - dropped);
      assert.equal(queue.waiting, 0);
    }
    closeNow(t, ...writers);
  });

  test('that broke costs the lines it cannot take, and goes on when it is read again', (t) => {
    const fifo = new Fifo(t);
    const writer = new Writer(fifo.path);
    writer.line();
    fifo.takeAll(writer);
    fifo.close();
    for (let i = 0; i < 100; i++) {
      writer.line();
      writer.queue.flush(performance.now());
    }
    writer.tell();
    writer.queue.flush(performance.now());
    assert.equal(writer.dropped, 100);
    fifo.open();
    writer.line();
    fifo.takeAll(writer);
    assert.deepEqual(fifo.reader.seen['w'], [1, 102]);
    assert.equal(fifo.reader.lost['w'], 100);
    closeNow(t, writer);
  });

  test('is waited for at the end, but not for long', async (t) => {
    const fifo = new Fifo(t);
    const writer = new Writer(fifo.path);
    for (let i = 0; i < 1000; i++) writer.line();
    await writer.queue.close();
    while (fifo.take() > 0);
    fifo.reader.assertWhole();
    assert.equal(fifo.reader.count() + writer.dropped, 1000);
    assert.ok(writer.dropped > 0);
  });
});

test('a device that is full costs its lines and nothing else', (t) => {
  const writer = new Writer('/dev/full');
  for (let i = 0; i < 500; i++) writer.line();
  writer.queue.flush(performance.now());
  assert.equal(writer.dropped, 500);
  assert.equal(writer.queue.waiting, 0);
  closeNow(t, writer);
});

function closeNow(t: TestContext, ...writers: readonly Writer[]): void {
  t.after(() => Promise.all(writers.map(({ queue }) => queue.close())));
}
