/**
 * Connections to backends over TLS: hands are shaken, the backend's certificate is verified, and a session that it has given is
 * continued with the next connection to the same place.
 */
import { createConnection, isIP } from 'node:net';
import { connect, createSecureContext, type SecureContext } from 'node:tls';
import type { SocketAddress } from '../address.ts';
import type { Connection, ConnectionHandler, TlsClientSettings, TlsConnector } from '../transport.ts';
import type { EngineState } from './connection.ts';
import { PROTOCOLS, TlsConnection } from './tls-connection.ts';

/** Places whose last session is kept. */
const SESSIONS_MAX = 8192;

export class NetTlsConnector implements TlsConnector {
  readonly #engine: EngineState;
  readonly #context: SecureContext;
  /** The last session of each place. */
  readonly #sessions = new Map<string, Buffer>();

  constructor(engine: EngineState, settings: TlsClientSettings) {
    this.#engine = engine;
    this.#context = clientContext(settings);
  }

  connect(address: SocketAddress, name: string, handler: ConnectionHandler): Connection {
    const plain = createConnection({
      ...(address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port }),
      noDelay: true,
    });
    const place = `${address.kind === 'unix' ? address.path : `${address.host} ${address.port}`} ${name}`;
    const session = this.#sessions.get(place);
    const tls = connect({
      socket: plain,
      secureContext: this.#context,
      // An IP address is verified, and not sent (RFC 6066, section 3).
      ...(isIP(name) === 0 ? { servername: name } : { host: name }),
      ALPNProtocols: PROTOCOLS,
      ...(session !== undefined && { session }),
    });
    tls.on('session', (given: Buffer) => this.#keep(place, given));
    const connection = new TlsConnection(this.#engine, null);
    connection.handler = handler;
    connection.shake(plain, tls);
    return connection;
  }

  #keep(place: string, session: Buffer): void {
    this.#sessions.delete(place);
    this.#sessions.set(place, session);
    if (this.#sessions.size <= SESSIONS_MAX) return;
    const [oldest] = this.#sessions.keys();
    if (oldest !== undefined) this.#sessions.delete(oldest);
  }
}

/** What servers are verified with, and what is shown to those that ask. */
export function clientContext({ ca, cert, key }: TlsClientSettings): SecureContext {
  return createSecureContext({
    ...(ca !== null && { ca }),
    ...(cert !== null && key !== null && { cert, key }),
  });
}
