/**
 * One `write(2)` straight to the socket. Nothing is queued and nothing keeps a reference to the caller's bytes, so one
 * buffer can serve all connections; what the kernel does not take comes back to the caller at once.
 */
import { writeSync } from 'node:fs';

export const WRITE_FAILED = -1;

/** The code of the last failure, after WRITE_FAILED. */
export let writeError = '';

/** Bytes that the kernel took, 0 when it takes none now, WRITE_FAILED when the connection is broken. */
export function tryWrite(fd: number, buffer: Buffer, start: number, length: number): number {
  try {
    return writeSync(fd, buffer, start, length);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'EIO';
    if (code === 'EAGAIN' || code === 'EWOULDBLOCK' || code === 'EINTR') return 0;
    writeError = code;
    return WRITE_FAILED;
  }
}
