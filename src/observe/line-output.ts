/**
 * Where whole lines of log go: a file, or standard output, which may be a file too, a pipe, a socket or a terminal. Several
 * threads, and other processes, may write there at the same time; lines stay whole because of what Linux promises:
 *
 * - A file opened for appending, or one description that all share: each write lands whole behind the one before.
 * - A pipe: a write of up to PIPE_BUF (4096) bytes lands whole or not at all. A unix socket keeps writes of that size whole
 *   too. So lines are put together to pieces of at most that size.
 *
 * Nobody may wait for a reader. A pipe, a socket and a terminal are written to without blocking, from the event loop itself:
 * a write that would have to wait is refused, and costs nothing but the try. For that they are opened anew, since whether
 * writes block is a property of the description, which is shared with whoever else has it. A file has no reader, but its disk
 * may be slow: it is written by the thread pool.
 */
import { accessSync, closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';

/** PIPE_BUF of Linux. */
export const PIECE_BYTES_MAX = 4096;

export interface LineOutput {
  readonly fd: number;
  /** Opened here, and closed by whoever writes. */
  readonly own: boolean;
  /** A write never waits: it may be made from the event loop. */
  readonly instant: boolean;
  /** The most bytes of one write; 0: any. */
  readonly pieceBytes: number;
}

/** The destination cannot be opened. Its message is a sentence for the operator. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
}

const STANDARD: Readonly<Record<string, number>> = { '-': 1, '/dev/stdout': 1, '/dev/stderr': 2 };
const MODE = 0o640;
/** Without O_NONBLOCK, opening a FIFO that nobody reads would wait for a reader. */
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK | constants.O_NOCTTY;

/** Opens `to`: a path, or `-` for standard output. */
export function openOutput(to: string): LineOutput {
  const standard = STANDARD[to];
  if (standard !== undefined) return openStandard(standard);
  let fd: number;
  try {
    fd = openSync(to, FLAGS | constants.O_CREAT, MODE);
  } catch (error) {
    throw new OutputError(`${to} cannot be written to: ${reason(to, error as NodeJS.ErrnoException)}`);
  }
  const instant = !fstatSync(fd).isFile();
  return { fd, own: true, instant, pieceBytes: instant ? PIECE_BYTES_MAX : 0 };
}

/** Throws what `openOutput` would throw, as far as that can be known without creating a file that is missing. */
export function checkOutput(to: string): void {
  if (Object.hasOwn(STANDARD, to)) return closeOutput(openOutput(to));
  try {
    closeSync(openSync(to, FLAGS));
  } catch (error) {
    const failed = error as NodeJS.ErrnoException;
    try {
      if (failed.code !== 'ENOENT') throw failed;
      accessSync(dirname(to), constants.W_OK | constants.X_OK);
    } catch (why) {
      throw new OutputError(`${to} cannot be written to: ${reason(to, why as NodeJS.ErrnoException)}`);
    }
  }
}

export function closeOutput({ fd, own }: LineOutput): void {
  if (own) closeSync(fd);
}

function openStandard(fd: number): LineOutput {
  let stats: Stats;
  try {
    stats = fstatSync(fd);
  } catch {
    throw new OutputError(`standard output is closed: redirect it, or name a file.`);
  }
  // Another description of the same file would have a position of its own, and overwrite what is written through this one.
  if (stats.isFile()) return { fd, own: false, instant: false, pieceBytes: 0 };
  try {
    return { fd: openSync(`/proc/self/fd/${fd}`, FLAGS), own: true, instant: true, pieceBytes: PIECE_BYTES_MAX };
  } catch {
    // A socket cannot be opened by name, nor what belongs to another user. Node has made it non-blocking, if anything.
    return { fd, own: false, instant: isNonBlocking(fd), pieceBytes: PIECE_BYTES_MAX };
  }
}

function isNonBlocking(fd: number): boolean {
  try {
    const [, flags = '0'] = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1')) ?? [];
    return (parseInt(flags, 8) & constants.O_NONBLOCK) !== 0;
  } catch {
    return false;
  }
}

function reason(path: string, error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
      return `the directory ${dirname(path)} does not exist; create it.`;
    case 'EACCES':
    case 'EPERM':
      return 'it is not permitted; let this user write there.';
    case 'EISDIR':
      return 'it is a directory; name a file in it.';
    case 'ENOTDIR':
      return `${dirname(path)} is not a directory.`;
    case 'EROFS':
      return 'the file system is read-only.';
    case 'ENXIO':
      return 'nobody reads from it; start the reader first.';
    default:
      return error.message;
  }
}
