/**
 * What this engine needs to know of Node's own stream handles. Reading through `net.Socket` costs a stream object of
 * several KiB for each connection, built twice for an accepted one; but the native handle only asks its owner for a
 * handful of members under private symbols. They are looked up here once, on a real socket, and tried; where any of them
 * is missing the engine falls back to whole sockets (`lean` is null) and behaves the same, only slower.
 */
import { Socket, type Server } from 'node:net';

/** The part of libuv's stream handle that is used. */
export interface StreamHandle {
  readonly fd: number;
  reading: boolean;
  /** Bytes that wait in libuv for the kernel. */
  readonly writeQueueSize?: number;
  onread: unknown;
  readStart(): number;
  readStop(): number;
  useUserBuffer(buffer: Uint8Array): void;
  close(callback?: () => void): void;
  reset?(callback?: () => void): number;
  setNoDelay?(on: boolean): number;
  getpeername?(out: { address?: string; port?: number; family?: string }): number;
  [symbol: symbol]: unknown;
}

export interface ListenHandle {
  onconnection: (error: number, handle: StreamHandle | undefined) => void;
}

/** The private names under which a handle finds its owner, and the owner's members. */
export interface LeanSymbols {
  readonly owner: symbol;
  readonly buffer: symbol;
  readonly callback: symbol;
  readonly generator: symbol;
  readonly updateTimer: symbol;
  /** Node's own read callback, to be set as `handle.onread`. */
  readonly onread: unknown;
}

/** A socket's or server's native handle. */
export function handleOf<T extends StreamHandle | ListenHandle>(of: Socket | Server): T | null {
  return (of as unknown as { _handle: T | null })._handle ?? null;
}

/** Learns the symbols from a connected socket that was made with `onread`; null where this Node keeps them elsewhere. */
export function learnSymbols(socket: Socket): LeanSymbols | null {
  const handle = handleOf<StreamHandle>(socket);
  if (handle === null || typeof handle.useUserBuffer !== 'function' || typeof handle.onread !== 'function') return null;
  if (typeof handle.fd !== 'number' || handle.fd < 0) return null;
  const owner = Object.getOwnPropertySymbols(handle).find((symbol) => handle[symbol] === socket);
  const own = (description: string): symbol | undefined =>
    Object.getOwnPropertySymbols(socket).find((symbol) => symbol.description === description);
  const buffer = own('kBuffer');
  const callback = own('kBufferCb');
  const generator = own('kBufferGen');
  const updateTimer = Object.getOwnPropertySymbols(Socket.prototype).find(
    (symbol) => symbol.description === 'kUpdateTimer',
  );
  if (owner === undefined || buffer === undefined || callback === undefined) return null;
  if (generator === undefined || updateTimer === undefined) return null;
  return { owner, buffer, callback, generator, updateTimer, onread: handle.onread };
}
