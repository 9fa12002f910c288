/** The portable engine: Node's own sockets, read into one shared buffer and written without a queue. */
import { createServer, createConnection, Socket, type Server } from 'node:net';
import type {
  Connection,
  ConnectionHandler,
  ListenOptions,
  Listener,
  SocketAddress,
  TlsAcceptor,
  TlsClientSettings,
  TlsConnector,
  TlsEvents,
  TlsSettings,
  Transport,
} from '../transport.ts';
import { handleOf, learnSymbols, type ListenHandle, type StreamHandle } from './internals.ts';
import { NetConnection, onSocketRead, UNOWNED, type EngineState } from './connection.ts';
import { Slabs } from './slabs.ts';
import { NetTlsAcceptor } from './tls-acceptor.ts';
import { NetTlsConnector } from './tls-connector.ts';

/** One read takes at most this: large enough that a bulk body costs few calls, small enough to stay in a core's cache. */
const RECEIVE_BYTES = 256 * 1024;

export class NetTransport implements Transport {
  readonly name = 'net';
  readonly #state: EngineState = { receive: Buffer.allocUnsafeSlow(RECEIVE_BYTES), symbols: null, slabs: new Slabs() };

  /** `lean: false` keeps to whole sockets, as on a Node whose internals are not known. */
  constructor(options: { readonly lean?: boolean } = {}) {
    this.#lean = options.lean ?? true;
  }
  readonly #lean: boolean;
  #learned = false;

  async listen(options: ListenOptions, onAccept: (connection: Connection) => void): Promise<Listener> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    await bind(server, options);
    const handle = handleOf<ListenHandle>(server);
    if (handle !== null && typeof handle.onconnection === 'function') {
      // Node would build a socket that is thrown away at once; take the bare handle instead.
      handle.onconnection = (error, client) => {
        if (error === 0 && client !== undefined) this.#accept(client, onAccept);
      };
    } else {
      server.on('connection', (socket) => {
        const client = handleOf<StreamHandle>(socket);
        if (client !== null) this.#accept(client, onAccept);
      });
    }
    server.on('error', () => {});
    const address = server.address();
    return {
      port: typeof address === 'object' && address !== null ? address.port : 0,
      close: () => {
        server.close();
      },
    };
  }

  tlsAcceptor(settings: TlsSettings, events: TlsEvents): TlsAcceptor {
    return new NetTlsAcceptor(this.#state, settings, events);
  }

  tlsConnector(settings: TlsClientSettings): TlsConnector {
    return new NetTlsConnector(this.#state, settings);
  }

  connect(address: SocketAddress, handler: ConnectionHandler): Connection {
    const connection = new NetConnection(this.#state, handler);
    const onread = { buffer: this.#state.receive, callback: onSocketRead };
    const socket = createConnection({
      ...(address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port }),
      allowHalfOpen: true,
      noDelay: true,
      onread: onread as never,
    });
    connection.attachConnecting(socket);
    return connection;
  }

  #accept(client: StreamHandle, onAccept: (connection: Connection) => void): void {
    if (!this.#learned) this.#learn(client);
    const connection = new NetConnection(this.#state, UNOWNED);
    onAccept(connection);
    if (!connection.destroyed) connection.adopt(client);
    else client.close();
  }

  /** Finds the private names on a socket around the first accepted handle, which the connection then takes over. */
  #learn(client: StreamHandle): void {
    this.#learned = true;
    if (!this.#lean) return;
    const onread = { buffer: this.#state.receive, callback: () => true };
    this.#state.symbols = learnSymbols(
      new Socket({ handle: client, allowHalfOpen: true, manualStart: true, onread } as object),
    );
  }
}

function bind(server: Server, { address, shared, backlog }: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const done = (): void => {
      server.off('error', reject);
      resolve();
    };
    if (address.kind === 'unix') server.listen({ path: address.path, backlog }, done);
    else server.listen({ host: address.host, port: address.port, backlog, reusePort: shared }, done);
  });
}
