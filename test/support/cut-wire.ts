/**
 * A wire to a server that can be cut as networks are: bytes vanish, connections stay open and nothing ends. Mended, it
 * carries new connections; those that lay in the cut stay dead.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export class CutWire {
  isCut = false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, toPort: number) {
    this.#server = server;
    server.on('connection', (near) => this.#carry(near, toPort));
  }

  static async to(port: number): Promise<CutWire> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new CutWire(server, port);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  cut(): void {
    this.isCut = true;
    for (const socket of this.#sockets) {
      socket.removeAllListeners('data');
      socket.removeAllListeners('close');
      socket.resume();
    }
  }

  mend(): void {
    this.isCut = false;
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #carry(near: Socket, toPort: number): void {
    near.on('error', () => {});
    this.#sockets.add(near);
    if (this.isCut) return void near.resume();
    const far = connect(toPort, '127.0.0.1');
    far.on('error', () => near.destroy());
    this.#sockets.add(far);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (bytes) => void to.write(bytes));
      from.on('close', () => to.destroy());
    }
  }
}
