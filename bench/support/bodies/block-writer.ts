import type { Socket } from 'node:net';
import { BLOCK } from './kinds.ts';

/** Writes so many bytes of the block, no faster than the socket takes them. */
export function writeBlocks(socket: Socket, bytes: number): void {
  let left = bytes;
  const more = () => {
    while (left > 0 && !socket.destroyed) {
      const part = left >= BLOCK.length ? BLOCK : BLOCK.subarray(0, left);
      left -= part.length;
      if (!socket.write(part)) {
        if (left > 0) socket.once('drain', more);
        return;
      }
    }
  };
  more();
}
