/**
 * One TCP or unix connection. It starts lean: the native handle with this object as its owner. What needs libuv's queue
 * (bytes that the kernel would not take, a half-close) promotes it to a whole `net.Socket` for the rest of its life;
 * outgoing connections are sockets from the start, since only a socket can connect.
 */
import { Socket } from 'node:net';
import type { Connection, ConnectionHandler } from '../transport.ts';
import { handleOf, type LeanSymbols, type StreamHandle } from './internals.ts';
import { isQuiet } from './read-sync.ts';
import type { Slabs } from './slabs.ts';
import { WRITE_FAILED, tryWrite, writeError } from './write-sync.ts';

/** What all connections of an engine share. */
export interface EngineState {
  /** Every read of every connection lands here; safe, because reads are handled synchronously. */
  readonly receive: Buffer;
  symbols: LeanSymbols | null;
  readonly slabs: Slabs;
}

/** What goes on over a connection's socket in its stead. */
export interface Heir {
  begin(socket: Socket): void;
}

export class NetConnection implements Connection {
  handler: ConnectionHandler;
  pendingBytes = 0;
  /** True once `onClose` was given or the owner destroyed the connection. Node's read callback looks at it too. */
  destroyed = false;
  #handle: StreamHandle | null = null;
  #socket: Socket | null = null;
  #fd = -1;
  #writes = 0;
  #noDelay = false;
  #paused = false;
  #ending = false;
  #atEnd = false;
  #remoteAddress: string | null = null;
  #remotePort = 0;
  #heir: Heir | null = null;
  readonly #engine: EngineState;
  /** Node's read callback asks its owner for this at the end of the stream. */
  readonly _readableState = END_STATE;

  constructor(engine: EngineState, handler: ConnectionHandler) {
    this.#engine = engine;
    this.handler = handler;
  }

  /** Takes over an accepted handle. */
  adopt(handle: StreamHandle): void {
    this.#handle = handle;
    this.#fd = handle.fd;
    if (this.#heir !== null) {
      this.#bequeath(this.#heir);
      return;
    }
    const { symbols, receive } = this.#engine;
    if (symbols === null) {
      this.#attach(new Socket(socketOptions(handle, receive)));
      return;
    }
    const self = this as unknown as Record<symbol, unknown>;
    self[symbols.buffer] = receive;
    self[symbols.callback] = onLeanRead;
    self[symbols.generator] = null;
    self[symbols.updateTimer] = nothing;
    handle[symbols.owner] = this;
    handle.onread = symbols.onread;
    handle.useUserBuffer(receive);
    handle.reading = true;
    handle.readStart();
  }

  /** From now on `heir` has the socket, or once there is one; this connection only knows its peer's address. */
  yieldTo(heir: Heir): void {
    if (this.#handle !== null) this.#bequeath(heir);
    else this.#heir = heir;
  }

  /** Waits for an outgoing socket to connect. */
  attachConnecting(socket: Socket): void {
    this.#noDelay = true;
    this.#attach(socket);
    socket.on('connect', onSocketConnect);
  }

  get remoteAddress(): string {
    if (this.#remoteAddress === null) this.#readPeer();
    return this.#remoteAddress as unknown as string;
  }

  get remotePort(): number {
    if (this.#remoteAddress === null) this.#readPeer();
    return this.#remotePort;
  }

  write(buffer: Buffer, start: number, end: number): boolean {
    if (this.destroyed) return true;
    let at = start;
    if (this.pendingBytes === 0) {
      // A second write may follow unacknowledged bytes: without this the kernel would hold it back (RFC 896).
      if (!this.#noDelay && ++this.#writes > 1) this.#setNoDelay();
      const taken = tryWrite(this.#fd, buffer, start, end - start);
      if (taken === end - start) return true;
      if (taken === WRITE_FAILED) {
        this.#failLater(writeError);
        return true;
      }
      at += taken;
    }
    this.#queue(buffer, at, end);
    return false;
  }

  pause(): void {
    if (this.destroyed || this.#paused) return;
    this.#paused = true;
    const handle = this.#handle;
    if (handle !== null) {
      handle.reading = false;
      handle.readStop();
    }
  }

  resume(): void {
    if (this.destroyed || !this.#paused) return;
    this.#paused = false;
    const handle = this.#handle;
    if (handle !== null) {
      handle.reading = true;
      handle.readStart();
    }
  }

  end(): void {
    if (this.destroyed || this.#ending) return;
    this.#ending = true;
    this.#promote().end();
  }

  isSilent(): boolean {
    if (this.destroyed || this.#atEnd) return false;
    return this.#fd === -1 || isQuiet(this.#fd);
  }

  /** With an error it is Node's read callback that calls, else the owner. */
  destroy(error?: NodeJS.ErrnoException): void {
    if (this.destroyed) return;
    if (error !== undefined) {
      this.closed(error.code ?? 'EIO');
      return;
    }
    this.destroyed = true;
    this.#release();
  }

  reset(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    if (this.#socket !== null) this.#socket.resetAndDestroy();
    else if (this.#handle?.reset === undefined || this.#handle.reset(nothing) !== 0) this.#release();
    this.#handle = null;
  }

  /** Node's read callback: the end of the stream. */
  push(): void {
    // A connection that is promoted after its end hears of the end again.
    if (this.destroyed || this.#atEnd) return;
    this.#atEnd = true;
    this.handler.onEnd();
  }

  /** Node's read callback, after `push`. */
  read(): void {}

  /** The connection ended by itself. */
  closed(error: string | null): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.#release();
    this.handler.onClose(error);
  }

  /** The socket is connected: its descriptor is there now. */
  connected(): void {
    this.#handle = handleOf<StreamHandle>(this.#socket as Socket);
    this.#fd = this.#handle?.fd ?? -1;
    if (this.#paused) this.#handle?.readStop();
    this.handler.onConnect();
  }

  flushed(bytes: number): void {
    this.pendingBytes -= bytes;
    if (this.pendingBytes === 0 && !this.destroyed) this.handler.onDrain();
  }

  /** Keeps a copy until the kernel takes it. */
  #queue(buffer: Buffer, start: number, end: number): void {
    const { slabs } = this.#engine;
    const copy = slabs.copy(buffer, start, end);
    this.pendingBytes += copy.length;
    this.#promote().write(copy, () => {
      slabs.giveBack(copy);
      this.flushed(copy.length);
    });
  }

  #promote(): Socket {
    if (this.#socket !== null) return this.#socket;
    this.#attach(new Socket(socketOptions(this.#handle as StreamHandle, this.#engine.receive)));
    if (this.#paused) {
      (this.#handle as StreamHandle).reading = false;
      (this.#handle as StreamHandle).readStop();
    }
    if (this.#atEnd) {
      // The end came before the socket was there to see it; without it the socket would never close by itself.
      (this.#socket as unknown as Socket).push(null);
      (this.#socket as unknown as Socket).read(0);
    }
    return this.#socket as unknown as Socket;
  }

  #attach(socket: Socket): void {
    this.#socket = socket;
    (socket as unknown as OwnedSocket).owner = this;
    socket.on('end', onSocketEnd);
    socket.on('error', onSocketError);
    socket.on('close', onSocketClose);
  }

  #bequeath(heir: Heir): void {
    const handle = this.#handle as StreamHandle;
    this.#readPeer();
    this.destroyed = true;
    this.#handle = null;
    const socket = this.#socket;
    if (socket === null) {
      handle.reading = false;
      handle.readStop();
      heir.begin(new Socket({ handle, allowHalfOpen: true, manualStart: true } as object));
    } else {
      socket.off('end', onSocketEnd);
      socket.off('error', onSocketError);
      socket.off('close', onSocketClose);
      heir.begin(socket);
    }
  }

  #release(): void {
    const handle = this.#handle;
    this.#handle = null;
    if (this.#socket !== null) this.#socket.destroy();
    else if (handle !== null) handle.close();
  }

  #failLater(code: string): void {
    process.nextTick(failed, this, code);
  }

  #setNoDelay(): void {
    this.#noDelay = true;
    this.#handle?.setNoDelay?.(true);
  }

  #readPeer(): void {
    const peer: { address?: string; port?: number } = {};
    this.#handle?.getpeername?.(peer);
    const address = peer.address ?? '';
    this.#remoteAddress = address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
    this.#remotePort = peer.port ?? 0;
  }
}

interface OwnedSocket extends Socket {
  owner: NetConnection;
}

/** For a connection that nobody has taken yet. */
export const UNOWNED: ConnectionHandler = { onConnect() {}, onRead() {}, onEnd() {}, onDrain() {}, onClose() {} };

const END_STATE = { endEmitted: false };
function nothing(): void {}

function socketOptions(handle: StreamHandle, receive: Buffer): object {
  return { handle, allowHalfOpen: true, onread: { buffer: receive, callback: onSocketRead } };
}

/** Node calls it with the owner as `this`. */
function onLeanRead(this: NetConnection, length: number, buffer: Buffer): boolean {
  this.handler.onRead(buffer, 0, length);
  return true;
}

export function onSocketRead(this: Socket, length: number, buffer: Buffer): boolean {
  const owner = (this as OwnedSocket).owner;
  if (!owner.destroyed) owner.handler.onRead(buffer, 0, length);
  return true;
}

function onSocketConnect(this: Socket): void {
  const owner = (this as OwnedSocket).owner;
  if (!owner.destroyed) owner.connected();
}

function onSocketEnd(this: Socket): void {
  (this as OwnedSocket).owner.push();
}

function onSocketError(this: Socket, error: NodeJS.ErrnoException): void {
  (this as OwnedSocket).owner.closed(error.code ?? 'EIO');
}

function onSocketClose(this: Socket): void {
  (this as OwnedSocket).owner.closed(null);
}

function failed(connection: NetConnection, code: string): void {
  connection.closed(code);
}
