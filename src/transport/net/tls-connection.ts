/**
 * A connection over TLS, a client's or to a backend. Node's `TLSSocket` shakes hands and enciphers; around it this keeps what
 * every connection promises (transport.ts): bytes written belong to the caller again at once, a connection that is destroyed
 * says goodbye (close_notify, RFC 8446 section 6.1) behind what the kernel has taken, and reads land in the engine's one buffer.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Connection, ConnectionHandler } from '../transport.ts';
import { UNOWNED, type EngineState, type NetConnection } from './connection.ts';
import { handleOf, type StreamHandle } from './internals.ts';
import { isQuiet } from './read-sync.ts';
import { tryWrite } from './write-sync.ts';

/** The one protocol that is spoken above (ALPN, RFC 7301). */
export const PROTOCOLS: string[] = ['http/1.1'];
/** A peer that does not take the goodbye is not waited for longer. */
const GOODBYE_MS = 5_000;

/** Whom a plain socket, and the TLS socket over it, belong to. */
export interface Owned {
  owner?: TlsConnection;
}

/** Node's mark that a socket is closed with a reset. */
interface Resettable {
  resetAndClosing?: boolean;
}

/** The plain socket below a TLS socket, by the name that Node has for it. */
interface Layered {
  readonly _parent?: Owned;
}

/** Whose TLS socket that is. */
export function ownerOf(tls: TLSSocket): TlsConnection | undefined {
  return (tls as unknown as Layered)._parent?.owner;
}

export class TlsConnection implements Connection {
  handler: ConnectionHandler;
  /** Bytes that the kernel has not taken, as they were before they were enciphered. */
  pendingBytes = 0;
  /** True once `onClose` was given or the owner destroyed the connection. */
  destroyed = false;
  readonly #engine: EngineState;
  /** Who an accepted one came from; null: it was made here. */
  readonly #peer: NetConnection | null;
  /** The plain socket; null before there is one. */
  #plain: Socket | null = null;
  /** Null until hands are shaken. */
  #tls: TLSSocket | null = null;
  #handle: StreamHandle | null = null;
  /** Reads land in the engine's buffer. */
  #lean = false;
  /** What was written before. */
  #early: Buffer[] = [];
  #paused = false;
  #ending = false;
  #atEnd = false;

  constructor(engine: EngineState, peer: NetConnection | null) {
    this.#engine = engine;
    this.#peer = peer;
    this.handler = peer === null ? UNOWNED : peer.handler;
  }

  get remoteAddress(): string {
    return this.#peer === null ? (this.#plain?.remoteAddress ?? '') : this.#peer.remoteAddress;
  }

  get remotePort(): number {
    return this.#peer === null ? (this.#plain?.remotePort ?? 0) : this.#peer.remotePort;
  }

  /** Takes the plain socket over; false when the connection was given up before there was one. */
  own(plain: Socket): boolean {
    if (this.destroyed) {
      plain.destroy();
      return false;
    }
    this.#plain = plain;
    (plain as Owned).owner = this;
    plain.setNoDelay(true);
    // Whoever ends while hands are shaken has left; the TLS socket takes this over.
    plain.allowHalfOpen = false;
    plain.on('error', onError);
    return true;
  }

  /** To a backend: `tls` shakes hands over `plain`. */
  shake(plain: Socket, tls: TLSSocket): void {
    if (!this.own(plain)) return;
    this.#listen(tls);
    tls.once('secureConnect', () => {
      if (this.destroyed) return;
      this.#open(tls);
      this.handler.onConnect();
      this.#sendEarly();
    });
  }

  /** From a client: hands are shaken. */
  accepted(tls: TLSSocket): void {
    this.#listen(tls);
    if (this.destroyed) {
      tls.destroy();
      return;
    }
    this.#open(tls);
    this.#sendEarly();
  }

  write(buffer: Buffer, start: number, end: number): boolean {
    if (this.destroyed || end === start) return true;
    const copy = this.#engine.slabs.copy(buffer, start, end);
    if (this.#tls !== null) return this.#send(copy);
    this.pendingBytes += copy.length;
    this.#early.push(copy);
    return false;
  }

  pause(): void {
    if (this.destroyed || this.#paused) return;
    this.#paused = true;
    if (this.#tls !== null) this.#stopReading();
  }

  resume(): void {
    if (this.destroyed || !this.#paused) return;
    this.#paused = false;
    if (this.#tls !== null) this.#startReading();
  }

  end(): void {
    if (this.destroyed || this.#ending) return;
    this.#ending = true;
    this.#tls?.end();
  }

  isSilent(): boolean {
    if (this.destroyed || this.#atEnd) return false;
    // What has come may be no word of the peer's, but a session: rare enough to give the connection up for.
    const fd = this.#plain === null ? -1 : (handleOf<StreamHandle>(this.#plain)?.fd ?? -1);
    return fd < 0 || isQuiet(fd);
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    const tls = this.#tls;
    if (tls === null) {
      if (this.#plain === null) this.#peer?.destroy();
      else this.#plain.destroy();
    } else if (this.pendingBytes > 0) {
      tls.destroy();
    } else {
      // What the kernel has is sent, and the goodbye behind it.
      this.#stopReading();
      tls.setTimeout(GOODBYE_MS, () => tls.destroy());
      tls.destroySoon();
    }
  }

  reset(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    const plain = this.#plain as (Socket & Resettable) | null;
    if (plain === null) {
      this.#peer?.destroy();
      return;
    }
    // `resetAndDestroy` would end the stream first, and a peer that reads quickly would take that for a clean end.
    plain.resetAndClosing = true;
    plain.destroy();
  }

  /** The connection ended by itself. */
  closed(error: string | null): void {
    if (this.destroyed) return;
    this.destroyed = true;
    (this.#tls ?? this.#plain)?.destroy();
    this.handler.onClose(error);
  }

  /** To a peer that has not begun a handshake. What the kernel does not take at once is dropped. */
  sayInTheClear(bytes: Buffer): void {
    const fd = this.#plain === null ? -1 : (handleOf<StreamHandle>(this.#plain)?.fd ?? -1);
    if (fd >= 0) tryWrite(fd, bytes, 0, bytes.length);
  }

  atEnd(): void {
    if (this.destroyed || this.#tls === null || this.#atEnd) return;
    this.#atEnd = true;
    this.handler.onEnd();
  }

  #listen(tls: TLSSocket): void {
    (tls as Owned).owner = this;
    tls.on('end', onEnd);
    tls.on('error', onError);
    tls.on('close', onClose);
  }

  #open(tls: TLSSocket): void {
    this.#tls = tls;
    tls.allowHalfOpen = true;
    this.#handle = handleOf<StreamHandle>(tls);
    this.#takeReads(tls);
  }

  #sendEarly(): void {
    const early = this.#early.splice(0);
    if (early.length === 0 && !this.#ending) return;
    this.pendingBytes = 0;
    for (const bytes of early) this.#send(bytes);
    if (this.#ending) this.#tls?.end();
    if (early.length > 0 && this.pendingBytes === 0) this.handler.onDrain();
  }

  #send(bytes: Buffer): boolean {
    const tls = this.#tls as TLSSocket;
    const { length } = bytes;
    const first = tls.writableLength === 0;
    let kept = length;
    tls.write(bytes, (error) => {
      this.#engine.slabs.giveBack(bytes);
      // What is broken ends with `onClose`.
      if (kept === 0 || (error !== undefined && error !== null)) return;
      this.pendingBytes -= kept;
      if (this.pendingBytes === 0 && !this.destroyed) this.handler.onDrain();
    });
    // Node calls back later even where the kernel has taken all at once.
    if (first && this.#kernelHasAll()) {
      kept = 0;
      return true;
    }
    this.pendingBytes += kept;
    return false;
  }

  #kernelHasAll(): boolean {
    return handleOf<StreamHandle>(this.#plain as Socket)?.writeQueueSize === 0;
  }

  /** Has what is deciphered read into the engine's buffer; where Node's names for that are unknown, into one of Node's. */
  #takeReads(tls: TLSSocket): void {
    const { symbols, receive } = this.#engine;
    if (symbols !== null && this.#handle !== null) {
      this.#lean = true;
      const self = tls as unknown as Record<symbol, unknown>;
      self[symbols.buffer] = receive;
      self[symbols.callback] = onLeanRead;
      self[symbols.generator] = null;
      this.#handle.useUserBuffer(receive);
      if (this.#paused) this.#stopReading();
    } else {
      tls.on('data', onData);
      if (this.#paused) tls.pause();
    }
  }

  #stopReading(): void {
    if (!this.#lean) {
      this.#tls?.pause();
    } else if (this.#handle !== null) {
      this.#handle.reading = false;
      this.#handle.readStop();
    }
  }

  #startReading(): void {
    if (!this.#lean) {
      this.#tls?.resume();
    } else if (this.#handle !== null) {
      this.#handle.reading = true;
      this.#handle.readStart();
    }
  }
}

/** Node calls it with the TLS socket as `this`. */
function onLeanRead(this: Owned, length: number, buffer: Buffer): boolean {
  const owner = this.owner as TlsConnection;
  if (!owner.destroyed) owner.handler.onRead(buffer, 0, length);
  return true;
}

function onData(this: Owned, bytes: Buffer): void {
  const owner = this.owner as TlsConnection;
  if (!owner.destroyed) owner.handler.onRead(bytes, 0, bytes.length);
}

function onEnd(this: Owned): void {
  this.owner?.atEnd();
}

function onError(this: Owned, error: NodeJS.ErrnoException): void {
  this.owner?.closed(error.code ?? 'EIO');
}

function onClose(this: Owned): void {
  this.owner?.closed(null);
}
