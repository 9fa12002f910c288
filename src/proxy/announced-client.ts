/**
 * A connection at a listener where proxies first say whose it is (PROXY protocol). What a trusted one sends before that is
 * nobody's: without a header that can be read, in the time that a request's head has, it is closed without a word, as no answer
 * could be meant for the proxy. Then a `Downstream` has it, from the first byte behind the header. Of all others it is an
 * ordinary client's from its first byte on.
 */
import type { Connection, ConnectionHandler } from '#transport/transport.ts';
import type { DataPlane } from './data-plane.ts';
import { Timed } from './deadline.ts';
import type { ListenerState } from './plan-state.ts';
import { PROXY_HEADER_BYTES_MAX, readProxyHeader, type Peer } from './proxy-protocol.ts';

export class AnnouncedClient extends Timed implements ConnectionHandler {
  readonly listener: ListenerState;
  readonly #plane: DataPlane;
  readonly #connection: Connection;
  /** What has come of a header that is not whole. */
  #held: Buffer | null = null;

  constructor(plane: DataPlane, listener: ListenerState, connection: Connection, nowMs: number) {
    super();
    this.#plane = plane;
    this.listener = listener;
    this.#connection = connection;
    const { headerMs } = listener.plan.timeouts;
    if (headerMs > 0) plane.wheel.arm(this, nowMs + headerMs);
  }

  onConnect(): void {}

  onRead(buf: Buffer, start: number, end: number): void {
    if (this.#held === null) {
      this.#read(buf, start, end);
      return;
    }
    const all = Buffer.concat([this.#held, buf.subarray(start, end)]);
    this.#held = null;
    this.#read(all, 0, all.length);
  }

  onEnd(): void {
    this.#destroy();
  }

  onDrain(): void {}

  onClose(): void {
    this.#gone();
  }

  onDeadline(): void {
    this.#destroy();
  }

  /** The worker drains: whoever has not even said whose it is has nothing to wait for. */
  closeIdle(): void {
    this.#destroy();
  }

  cut(): void {
    this.#destroy();
  }

  #read(buf: Buffer, start: number, end: number): void {
    if (!this.listener.believesProxyHeader(this.#connection.remoteAddress)) {
      this.#handOver(null, buf, start, end);
      return;
    }
    const found = readProxyHeader(buf, start, end);
    if (found.kind === 'wrong' || (found.kind === 'more' && end - start >= PROXY_HEADER_BYTES_MAX)) {
      this.#plane.recorder.unannounced(this.listener.row);
      this.#destroy();
    } else if (found.kind === 'more') {
      this.#held = Buffer.from(buf.subarray(start, end));
    } else {
      this.#plane.recorder.bytes(found.end - start, 0, this.listener.row);
      this.#handOver(found.client, buf, found.end, end);
    }
  }

  #handOver(peer: Peer | null, buf: Buffer, start: number, end: number): void {
    this.#plane.wheel.drop(this);
    this.#plane.announced(this, this.#connection, { peer, buf, start, end });
  }

  #destroy(): void {
    this.#connection.destroy();
    this.#gone();
  }

  #gone(): void {
    this.#plane.wheel.drop(this);
    this.#plane.connectionGone(this);
  }
}
