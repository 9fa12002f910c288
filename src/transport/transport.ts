/**
 * The only way the data plane speaks to sockets. An engine implements it (`net/` today); nothing above knows which one.
 *
 * Rules that every engine keeps:
 * - A handler's methods are called synchronously, one at a time, never from inside a call that the handler's owner makes
 *   into the connection (`write`, `end`, `destroy`, …).
 * - The bytes given to `onRead` belong to the engine and are overwritten once the call returns: copy what must live on.
 * - The bytes given to `write` belong to the caller again when the call returns.
 * - `onClose` comes once, when the connection ends for any reason but the owner's own `destroy` or `reset`. After it, or
 *   after those two, no method of the handler is called any more.
 */
import type { SocketAddress } from '#transport/address.ts';

export interface ConnectionHandler {
  /** An outgoing connection stands. Never called for an accepted one. */
  onConnect(): void;
  /** Bytes `buffer[start, end)` arrived. */
  onRead(buffer: Buffer, start: number, end: number): void;
  /** The peer sent its last byte; this side may go on writing. */
  onEnd(): void;
  /** Everything that `write` had to keep is with the kernel now. */
  onDrain(): void;
  /** The connection is gone. `error` is the system's code ('ECONNREFUSED', 'ECONNRESET', …), null for a clean end. */
  onClose(error: string | null): void;
}

export interface Connection {
  handler: ConnectionHandler;
  /** The peer's address, '' for a unix socket. IPv4-mapped IPv6 is given as IPv4. Of an accepted one not before `onAccept` returns. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Bytes that `write` had to keep and the kernel has not taken yet. */
  readonly pendingBytes: number;
  /** Sends `buffer[start, end)`. False when the kernel did not take all of it: stop until `onDrain`. */
  write(buffer: Buffer, start: number, end: number): boolean;
  /** Stops `onRead` (one call may still follow). */
  pause(): void;
  resume(): void;
  /** Sends what is kept, then tells the peer that no more comes; reading goes on. */
  end(): void;
  /**
   * Asks the kernel now, at the cost of a read: false when bytes, an end or an error have come that no event has told of yet.
   * The connection is of no use then, since a byte may have been taken: destroy it.
   */
  isSilent(): boolean;
  /** Closes at once; bytes kept are dropped. */
  destroy(): void;
  /** Closes at once with a reset, so that the peer cannot take what it got for a clean end. */
  reset(): void;
}

export interface ListenOptions {
  readonly address: SocketAddress;
  /** Other threads listen on the same address. */
  readonly shared: boolean;
  readonly backlog: number;
}

export interface Listener {
  /** The port that was bound, 0 for a unix socket. */
  readonly port: number;
  /** Stops accepting; connections live on. */
  close(): void;
}

export interface Transport {
  readonly name: string;
  /** Calls `onAccept` for each connection, which must set its handler before it returns. */
  listen(options: ListenOptions, onAccept: (connection: Connection) => void): Promise<Listener>;
  /** Begins to connect; `handler.onConnect` or `handler.onClose` follows, never before this call returns. */
  connect(address: SocketAddress, handler: ConnectionHandler): Connection;
}

export type { SocketAddress };
