/**
 * The unix socket that workers send the control plane's requests to. It lies in a directory of its own that only this
 * user may enter, so nobody can get at it between bind and chmod.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The longest path that fits `sockaddr_un` on every system (104 bytes on macOS, the end mark included). */
const PATH_BYTES_MAX = 103;

/** Makes the directory and returns the socket's path. The directory goes when the process ends, or with `remove`. */
export function makeControlSocket(): {
  readonly path: string;
  readonly secure: () => void;
  readonly remove: () => void;
} {
  const path = join(makeDirectory(tmpdir()) ?? makeDirectory('/tmp') ?? fail(), 'control.sock');
  const remove = (): void => {
    process.off('exit', remove);
    rmSync(dirname(path), { recursive: true, force: true });
  };
  process.once('exit', remove);
  return { path, secure: () => chmodSync(path, 0o600), remove };
}

/** Null when a socket's path in there would be too long, or the place cannot be written to. */
function makeDirectory(parent: string): string | null {
  const prefix = join(parent, `edgebalancer-${process.pid}-`);
  if (Buffer.byteLength(`${prefix}XXXXXX/control.sock`) > PATH_BYTES_MAX) return null;
  try {
    return mkdtempSync(prefix);
  } catch {
    return null;
  }
}

function fail(): never {
  throw new Error(
    `no place for the control socket: neither ${tmpdir()} nor /tmp can be written to with a short enough path`,
  );
}
