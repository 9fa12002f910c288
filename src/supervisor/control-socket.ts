/**
 * The unix socket that workers send the control plane's requests to. It lies in a directory of its own that only this
 * user may enter, so nobody can get at it between bind and chmod.
 */
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The longest path that fits `sockaddr_un` on every system (104 bytes on macOS, the end mark included). */
const PATH_BYTES_MAX = 103;
const PREFIX = 'edgebalancer-';
const SOCKET = 'control.sock';
/** A directory younger than this may belong to a process that has yet to listen. */
const YOUNG_MS = 60_000;
/** Directories looked at in one sweep; the next start looks at the rest. */
const SWEEP_MAX = 64;

export interface ControlSocket {
  readonly path: string;
  /** To be called once it listens. */
  readonly secure: () => void;
  readonly remove: () => void;
}

/** Makes the directory. It goes when the process ends, or with `remove`. */
export function makeControlSocket(): ControlSocket {
  const path = join(makeDirectory(tmpdir()) ?? makeDirectory('/tmp') ?? fail(), SOCKET);
  const remove = (): void => {
    process.off('exit', remove);
    rmSync(dirname(path), { recursive: true, force: true });
  };
  process.once('exit', remove);
  return { path, secure: () => chmodSync(path, 0o600), remove };
}

/** Removes what processes left behind that were killed: directories whose socket nobody answers. */
export async function sweepControlSockets(parent: string = tmpdir(), nowMs: number = Date.now()): Promise<void> {
  const names = readdirSync(parent).filter((name) => name.startsWith(PREFIX));
  for (const name of names.slice(0, SWEEP_MAX)) {
    const directory = join(parent, name);
    const stat = statSync(directory, { throwIfNoEntry: false });
    if (stat === undefined || !stat.isDirectory() || stat.uid !== process.getuid?.()) continue;
    if (nowMs - stat.mtimeMs < YOUNG_MS || (await answers(join(directory, SOCKET)))) continue;
    rmSync(directory, { recursive: true, force: true });
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT');
    });
  });
}

/** Null when a socket's path in there would be too long, or the place cannot be written to. */
function makeDirectory(parent: string): string | null {
  const prefix = join(parent, `${PREFIX}${process.pid}-`);
  if (Buffer.byteLength(`${prefix}XXXXXX/${SOCKET}`) > PATH_BYTES_MAX) return null;
  try {
    return mkdtempSync(prefix);
  } catch {
    return null;
  }
}

function fail(): never {
  throw new Error(`neither ${tmpdir()} nor /tmp can hold the control socket: not writable, or the path is too long`);
}
