/** An upgraded connection: bytes both ways, with backpressure and half-close, until both sides have ended. */
import type { Connection, ConnectionHandler } from '#transport/transport.ts';
import { Timed, type DeadlineWheel } from './deadline.ts';

export interface TunnelOwner {
  /** The tunnel is over. */
  onTunnelEnd(): void;
  countBytes(fromClient: number, fromBackend: number): void;
}

export class Tunnel extends Timed {
  readonly #client: Side;
  readonly #backend: Side;
  readonly #owner: TunnelOwner;
  readonly #wheel: DeadlineWheel;
  readonly #idleMs: number;
  #over = false;

  constructor(client: Connection, backend: Connection, owner: TunnelOwner, wheel: DeadlineWheel, idleMs: number) {
    super();
    this.#owner = owner;
    this.#wheel = wheel;
    this.#idleMs = idleMs;
    this.#client = new Side(this, client, backend, true);
    this.#backend = new Side(this, backend, client, false);
    this.#client.other = this.#backend;
    this.#backend.other = this.#client;
    client.handler = this.#client;
    backend.handler = this.#backend;
    this.touch(0, 0);
    client.resume();
    backend.resume();
  }

  /** Bytes passed: the silence begins anew. */
  touch(fromClient: number, fromBackend: number): void {
    this.#owner.countBytes(fromClient, fromBackend);
    if (this.#idleMs > 0) this.#wheel.arm(this, performance.now() + this.#idleMs);
  }

  /** The client had sent its last byte before the tunnel stood: nobody will say so again. */
  clientEnded(): void {
    this.#client.onEnd();
  }

  /** Both sides have sent their last byte, or one is gone. */
  finish(abrupt: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.#wheel.drop(this);
    for (const side of [this.#client, this.#backend]) {
      if (abrupt) side.connection.reset();
      else side.connection.destroy();
    }
    this.#owner.onTunnelEnd();
  }

  onDeadline(): void {
    this.finish(false);
  }
}

class Side implements ConnectionHandler {
  readonly connection: Connection;
  readonly #tunnel: Tunnel;
  readonly #to: Connection;
  readonly #isClient: boolean;
  other!: Side;
  ended = false;

  constructor(tunnel: Tunnel, connection: Connection, to: Connection, isClient: boolean) {
    this.#tunnel = tunnel;
    this.connection = connection;
    this.#to = to;
    this.#isClient = isClient;
  }

  onConnect(): void {}

  onRead(buffer: Buffer, start: number, end: number): void {
    const bytes = end - start;
    if (!this.#to.write(buffer, start, end)) this.connection.pause();
    this.#tunnel.touch(this.#isClient ? bytes : 0, this.#isClient ? 0 : bytes);
  }

  onEnd(): void {
    this.ended = true;
    // The last bytes of the other direction may still be on their way through a queue.
    if (this.other.ended && this.connection.pendingBytes === 0 && this.#to.pendingBytes === 0)
      this.#tunnel.finish(false);
    else this.#to.end();
  }

  onDrain(): void {
    if (this.ended && this.other.ended && this.#to.pendingBytes === 0) this.#tunnel.finish(false);
    else this.other.connection.resume();
  }

  onClose(error: string | null): void {
    this.#tunnel.finish(error !== null);
  }
}
