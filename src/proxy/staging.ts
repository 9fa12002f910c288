/**
 * Where heads are written before they are sent, with the small body behind them, so that one answer is one write. One per
 * worker: whoever stages flushes before it returns to the event loop.
 */
import type { ResponseHead } from '#http1/response-head.ts';
import type { PreparedEdits } from './header-edits.ts';
import { ADDED_BYTES_MAX, REQUEST_ID_BYTES_MAX } from './response-writer.ts';

const STAGING_BYTES = 64 * 1024;
/** Copying more than this costs more than a second write. */
const COPY_MAX = 16 * 1024;

export class Staging {
  buffer: Buffer = Buffer.allocUnsafeSlow(STAGING_BYTES);
  end = 0;

  /** The buffer, with room for this head, and `more` bytes, behind what is staged. */
  reserve(head: ResponseHead, edits: PreparedEdits | null, more: number): Buffer {
    const added = more + ADDED_BYTES_MAX + REQUEST_ID_BYTES_MAX + (edits === null ? 0 : edits.lines.length);
    const needed = this.end + (head.end - head.statusStart) + added;
    if (needed > this.buffer.length) {
      const larger = Buffer.allocUnsafeSlow(needed * 2);
      this.buffer.copy(larger, 0, 0, this.end);
      this.buffer = larger;
    }
    return this.buffer;
  }

  /** Takes body bytes behind a staged head; false when there is no head or they are too many. */
  append(buf: Buffer, start: number, end: number): boolean {
    const length = end - start;
    if (this.end === 0 || length > COPY_MAX || this.end + length > this.buffer.length) return false;
    this.end += buf.copy(this.buffer, this.end, start, end);
    return true;
  }
}
