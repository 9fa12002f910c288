/**
 * Who may have connections to the admin API's own address, so that nobody holds all places: at most so many of one network,
 * and so many in all. One too many is not read from, and is closed a second later: whoever opens a new connection for each
 * that is closed would otherwise make the supervisor open and close them as fast as it can, on a core that workers share.
 * Those that wait to be closed have places of their own; when these are taken too, a connection is closed at once.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Cancel, Timers } from '#core/ports.ts';
import { networkOf, plainAddress } from '../auth/network.ts';

const OWN_MAX = 512;
/** Of one network. Browsers open six. */
const NETWORK_MAX = 64;
/** Too many, and not yet closed. */
const SURPLUS_MAX = 256;
const SURPLUS_MS = 1000;

export class OwnConnections {
  readonly #timers: Timers;
  readonly #networks = new Map<string, number>();
  readonly #surplus = new Map<Socket, Cancel>();
  #open = 0;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** From now on the server's connections are bounded. */
  bound(server: Server): void {
    server.maxConnections = OWN_MAX + SURPLUS_MAX;
    server.on('connection', (socket: Socket) => this.#admit(socket));
  }

  /** Connections that may ask. */
  get open(): number {
    return this.#open;
  }

  /** Connections that wait to be closed. */
  get surplus(): number {
    return this.#surplus.size;
  }

  #admit(socket: Socket): void {
    const network = networkOf(plainAddress(socket.remoteAddress ?? 'local'));
    const count = this.#networks.get(network) ?? 0;
    if (count >= NETWORK_MAX || this.#open >= OWN_MAX) return this.#refuse(socket);
    this.#networks.set(network, count + 1);
    this.#open += 1;
    socket.once('close', () => {
      this.#open -= 1;
      const left = (this.#networks.get(network) ?? 1) - 1;
      if (left === 0) this.#networks.delete(network);
      else this.#networks.set(network, left);
    });
  }

  #refuse(socket: Socket): void {
    if (this.#surplus.size >= SURPLUS_MAX) return void socket.destroy();
    // Node's server has asked for the first bytes, and begins to read after this call.
    process.nextTick(() => socket.pause());
    this.#surplus.set(
      socket,
      this.#timers.after(SURPLUS_MS, () => socket.destroy()),
    );
    socket.once('close', () => {
      this.#surplus.get(socket)?.();
      this.#surplus.delete(socket);
    });
  }
}
