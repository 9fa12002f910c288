/** Lines that say their own number and length, written through a queue, and whoever reads them and holds them to it. */
import assert from 'node:assert/strict';
import { openOutput } from '#observe/line-output.ts';
import { LineQueue } from '#observe/line-queue.ts';

const LINE_ROOM = 4096;

export class NumberedLines {
  readonly queue: LineQueue;
  readonly name: string;
  written = 0;
  dropped = 0;

  constructor(to: string, name = 'w') {
    this.name = name;
    this.queue = new LineQueue({ output: openOutput(to), onDropped: (lines) => (this.dropped += lines) });
  }

  line(length = 400): void {
    this.tell();
    const { queue } = this;
    this.written += 1;
    if (!queue.reserve(LINE_ROOM)) {
      queue.drop();
      return;
    }
    const head = `${this.name} ${this.written} ${length} `;
    queue.buffer.fill('x', queue.at, queue.at + length - 1);
    queue.buffer.write(head, queue.at, 'latin1');
    queue.buffer[queue.at + length - 1] = 10;
    queue.commit(queue.at + length, performance.now());
  }

  tell(): void {
    const { queue } = this;
    if (queue.untold === 0 || !queue.reserve(LINE_ROOM)) return;
    queue.tell(queue.at + queue.buffer.write(`${this.name} lost ${queue.untold}\n`, queue.at), performance.now());
  }
}

export class WholeLines {
  /** By writer's name. */
  readonly seen: Record<string, number[]> = {};
  readonly lost: Record<string, number> = {};
  #rest = '';

  read(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const [name = '', what = '', length = ''] = line.split(' ');
      if (what === 'lost') {
        this.lost[name] = (this.lost[name] ?? 0) + Number(length);
        continue;
      }
      assert.match(line, /^\w+ \d+ \d+ x*$/);
      assert.equal(line.length + 1, Number(length), 'a line is not whole');
      (this.seen[name] ??= []).push(Number(what));
    }
  }

  count(name = 'w'): number {
    return this.seen[name]?.length ?? 0;
  }

  assertWhole(): void {
    assert.equal(this.#rest, '');
    for (const numbers of Object.values(this.seen))
      assert.deepEqual(
        numbers,
        numbers.toSorted((a, b) => a - b),
      );
  }
}
