/**
 * Lines of log on their way out. They are written straight into blocks of bytes, and leave as soon as the output takes them;
 * what it does not take waits, up to a bound, and what comes after that is dropped and counted. Nothing waits for the output:
 * an access log whose reader sleeps must not make clients sleep.
 *
 * An output that never makes its writer wait is written to directly; any other by the thread pool, one write at a time. A
 * write that took only a part is remembered, and the rest goes first. A write that failed for good loses its lines, which are
 * counted; the next line that can be written tells how many were lost. Lines and writes always end together, so that those of
 * other threads cannot come in between (line-output.ts).
 */
import { write, writeSync } from 'node:fs';
import { closeOutput, type LineOutput } from './line-output.ts';

const BLOCK_BYTES = 256 * 1024;
/** 1 MiB waits at most. */
const BLOCKS_MAX = 4;
/**
 * So much is worth a write before the clock asks for one: made here and now, or by the thread pool. Handing a write to the pool
 * and hearing of its end takes 0.1 ms, on a core that both share: with 48 KiB a write, a line cost 0.9 µs more.
 */
const WORTH_BYTES = 16 * 1024;
const WORTH_POOL_BYTES = 224 * 1024;
/** An output that took nothing is left alone for so long; the pipe of a reader that keeps up is empty by then. */
const RETRY_MS = 4;
/** How long the last lines may wait for a reader, and the pause between two tries. */
const CLOSE_WAIT_MS = 500;
const CLOSE_PAUSE_MS = 2;

const LF = 0x0a;

interface Block {
  readonly bytes: Buffer;
  end: number;
}

export interface LineQueueOptions {
  readonly output: LineOutput;
  /** Lines were lost. */
  readonly onDropped: (lines: number) => void;
  /** Write from the event loop although the output might make it wait. */
  readonly direct?: boolean;
}

export class LineQueue {
  /** Where the next line goes, after `reserve`. */
  buffer: Buffer;
  at = 0;
  readonly #output: LineOutput;
  readonly #onDropped: (lines: number) => void;
  readonly #direct: boolean;
  readonly #worthBytes: number;
  /** The first is being written, the last being filled. */
  readonly #blocks: Block[];
  #last: Block;
  #spare: Block | null = null;
  /** Bytes of the first block that are out. */
  #sent = 0;
  #waiting = 0;
  /** Bytes that the thread pool is writing now. */
  #writing = 0;
  #retryAtMs = 0;
  /** Lines lost that nobody has been told of. */
  #lost = 0;
  /** Bytes of the queue up to the end of the line that tells of lost ones, and how many; 0: there is none. */
  #tellingBytes = 0;
  #telling = 0;
  /** The last bytes that are out belong to a line whose rest is lost. */
  #torn = false;
  #closed = false;
  #whenIdle: (() => void) | null = null;

  constructor({ output, onDropped, direct = false }: LineQueueOptions) {
    this.#output = output;
    this.#onDropped = onDropped;
    this.#direct = direct || output.instant;
    this.#worthBytes = this.#direct ? WORTH_BYTES : WORTH_POOL_BYTES;
    this.#last = newBlock();
    this.#blocks = [this.#last];
    this.buffer = this.#last.bytes;
  }

  /** Bytes that wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Lines lost that have to be told of, by a line that `tell` commits. */
  get untold(): number {
    return this.#telling > 0 ? 0 : this.#lost;
  }

  /** Makes room for a line of up to `bytes`. False when there is none. */
  reserve(bytes: number): boolean {
    if (this.#last.end + bytes > BLOCK_BYTES) {
      if (this.#blocks.length >= BLOCKS_MAX || bytes > BLOCK_BYTES) return false;
      this.#last = this.#spare ?? newBlock();
      this.#spare = null;
      this.#blocks.push(this.#last);
    }
    this.buffer = this.#last.bytes;
    this.at = this.#last.end;
    return true;
  }

  /** A line found no room. */
  drop(): void {
    this.#count(1);
  }

  /** The line that was reserved ends at `end`. */
  commit(end: number, nowMs: number): void {
    this.#waiting += end - this.#last.end;
    this.#last.end = end;
    if (this.#waiting >= this.#worthBytes && nowMs >= this.#retryAtMs) this.flush(nowMs);
  }

  /** Commits a line that tells of all that are lost. */
  tell(end: number, nowMs: number): void {
    this.#telling = this.#lost;
    this.#lost = 0;
    this.#tellingBytes = this.#waiting + end - this.#last.end;
    this.commit(end, nowMs);
  }

  /** Writes what waits, as far as the output takes it. */
  flush(nowMs: number): void {
    if (this.#direct) this.#writeDirectly(nowMs);
    else this.#writeNext();
  }

  /** Writes the rest here and now; a reader is waited for a moment, and no longer. For the end of a thread. */
  flushSync(): void {
    // What the thread pool has in hand is not written twice.
    this.#advance(this.#writing);
    this.#writing = 0;
    const endMs = performance.now() + CLOSE_WAIT_MS;
    while (this.#waiting > 0) {
      this.#writeDirectly(0);
      if (this.#waiting === 0) return;
      if (performance.now() > endMs) this.#lose(this.#waiting);
      else Atomics.wait(STILL, 0, 0, CLOSE_PAUSE_MS);
    }
  }

  /** Writes the rest and closes the output. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#writing > 0) {
      await new Promise<void>((resolve) => {
        const late = setTimeout(resolve, CLOSE_WAIT_MS);
        this.#whenIdle = () => {
          clearTimeout(late);
          resolve();
        };
      });
    }
    this.flushSync();
    closeOutput(this.#output);
  }

  #writeDirectly(nowMs: number): void {
    const { fd } = this.#output;
    while (this.#waiting > 0) {
      const { bytes } = this.#blocks[0] as Block;
      const length = this.#pieceBytes();
      let written: number;
      try {
        this.#mend();
        written = writeSync(fd, bytes, this.#sent, length);
      } catch (error) {
        if (isMomentary(error)) this.#retryAtMs = nowMs + RETRY_MS;
        else this.#lose(this.#waiting);
        return;
      }
      this.#advance(written);
      if (written < length) {
        this.#retryAtMs = nowMs + RETRY_MS;
        return;
      }
    }
  }

  #writeNext(): void {
    if (this.#writing > 0 || this.#waiting === 0) return;
    this.#writing = this.#pieceBytes();
    try {
      this.#mend();
    } catch (error) {
      this.#onWritten(error as Error, 0);
      return;
    }
    write(this.#output.fd, (this.#blocks[0] as Block).bytes, this.#sent, this.#writing, null, this.#onWritten);
  }

  readonly #onWritten = (error: Error | null, written: number): void => {
    const asked = this.#writing;
    this.#writing = 0;
    if (asked > 0) {
      if (error === null) this.#advance(written);
      else if (!isMomentary(error)) this.#lose(asked);
      if (error === null && written === asked && this.#waiting >= this.#worthBytes && !this.#closed) this.#writeNext();
    }
    if (this.#writing === 0) this.#whenIdle?.();
  };

  /** Ends the line whose rest is lost, so that the next one stands by itself. */
  #mend(): void {
    if (!this.#torn) return;
    writeSync(this.#output.fd, LINE_END, 0, 1);
    this.#torn = false;
  }

  /** Bytes of the next write: as many whole lines as may go in one piece, or what is left of a line that was cut. */
  #pieceBytes(): number {
    const { bytes, end } = this.#blocks[0] as Block;
    const most = this.#output.pieceBytes;
    const from = this.#sent;
    if (most === 0 || end - from <= most) return end - from;
    let last = from + most - 1;
    while (last >= from && bytes[last] !== LF) last--;
    // A line longer than a piece goes as a whole all the same.
    return (last >= from ? last : bytes.indexOf(LF, from + most)) + 1 - from;
  }

  /** The first `bytes` of the queue are out, or lost. They do not go beyond a block. */
  #advance(bytes: number): void {
    this.#sent += bytes;
    this.#waiting -= bytes;
    if (this.#telling > 0) {
      this.#tellingBytes -= bytes;
      if (this.#tellingBytes <= 0) this.#telling = 0;
    }
    const first = this.#blocks[0] as Block;
    if (this.#sent < first.end) return;
    this.#sent = 0;
    first.end = 0;
    if (first === this.#last) return;
    this.#blocks.shift();
    this.#spare ??= first;
  }

  /** Gives up the first `bytes` of the queue. */
  #lose(bytes: number): void {
    let left = bytes;
    let lines = 0;
    const first = this.#blocks[0] as Block;
    if (this.#sent > 0) this.#torn = first.bytes[this.#sent - 1] !== LF;
    while (left > 0) {
      const { bytes: block, end } = this.#blocks[0] as Block;
      const from = this.#sent;
      const length = Math.min(left, end - from);
      for (let at = from; at < from + length; at++) if (block[at] === LF) lines++;
      if (this.#telling > 0 && this.#tellingBytes <= length) {
        // The line that told of others is lost with the rest: they have to be told of again.
        this.#lost += this.#telling;
        lines -= 1;
      }
      this.#advance(length);
      left -= length;
    }
    this.#count(lines);
  }

  #count(lines: number): void {
    if (lines === 0) return;
    this.#lost += lines;
    this.#onDropped(lines);
  }
}

const LINE_END = Buffer.of(LF);

/** Nothing ever changes here: waiting for it is a pause. */
const STILL = new Int32Array(new SharedArrayBuffer(4));

function newBlock(): Block {
  return { bytes: Buffer.allocUnsafeSlow(BLOCK_BYTES), end: 0 };
}

function isMomentary(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EAGAIN' || code === 'EWOULDBLOCK' || code === 'EINTR';
}
