/**
 * Shakes hands for one listener. Node's own `tls.Server` does it, without ever listening: connections are handed to it
 * (https://nodejs.org/api/http.html#event-connection tells of that way). New settings make a new one; handshakes that have
 * begun end with the one they began with.
 */
import {
  createSecureContext,
  createServer,
  type SecureContext,
  type Server,
  type TlsOptions,
  type TLSSocket,
} from 'node:tls';
import { certificateFor } from '../tls-names.ts';
import type { Connection, TlsAcceptor, TlsCertificate, TlsEvents, TlsSettings } from '../transport.ts';
import type { EngineState, NetConnection } from './connection.ts';
import { PROTOCOLS, TlsConnection, ownerOf } from './tls-connection.ts';

/** OpenSSL's word for a request where a handshake should be. */
const IN_THE_CLEAR = 'ERR_SSL_HTTP_REQUEST';

export class NetTlsAcceptor implements TlsAcceptor {
  readonly #engine: EngineState;
  readonly #events: TlsEvents;
  #server: Server;

  constructor(engine: EngineState, settings: TlsSettings, events: TlsEvents) {
    this.#engine = engine;
    this.#events = events;
    this.#server = this.#serverFor(settings);
  }

  use(settings: TlsSettings): void {
    this.#server = this.#serverFor(settings);
  }

  secure(connection: Connection, early: Buffer | null): Connection {
    const peer = connection as NetConnection;
    const server = this.#server;
    const secured = new TlsConnection(this.#engine, peer);
    peer.yieldTo({
      begin: (socket) => {
        if (!secured.own(socket)) return;
        if (early !== null) socket.unshift(early);
        server.emit('connection', socket);
      },
    });
    return secured;
  }

  #serverFor(settings: TlsSettings): Server {
    const { certificates, minVersion, clientCa } = settings;
    const [first] = certificates as readonly [TlsCertificate, ...TlsCertificate[]];
    const ticketKeys = Buffer.from(settings.ticketKeys);
    const verified = clientCa === null ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true };
    const contextOf = ({ cert, key }: TlsCertificate): SecureContext =>
      createSecureContext({ cert, key, minVersion, ticketKeys, ...(clientCa !== null && { ca: clientCa }) });
    const byName = new Map(certificates.map((certificate) => [certificate, contextOf(certificate)]));
    const choose: TlsOptions['SNICallback'] = (name, answer) => {
      answer(null, byName.get(certificateFor(certificates, name)));
    };
    const server = createServer({
      cert: first.cert,
      key: first.key,
      minVersion,
      ticketKeys,
      ALPNProtocols: PROTOCOLS,
      ...verified,
      // With one certificate there is nothing to choose, and nothing is asked for it.
      ...(certificates.length > 1 && { SNICallback: choose }),
    });
    server.on('secureConnection', (tls) => this.#opened(tls));
    server.on('tlsClientError', (error, tls) => this.#failed(error, tls));
    return server;
  }

  #opened(tls: TLSSocket): void {
    this.#events.onHandshake(tls.isSessionReused() ? 'resumed' : 'whole', null);
    ownerOf(tls)?.accepted(tls);
  }

  #failed(error: NodeJS.ErrnoException, tls: TLSSocket): void {
    const { code = 'EIO' } = error;
    const owner = ownerOf(tls);
    this.#events.onHandshake('failed', code);
    if (code === IN_THE_CLEAR) owner?.sayInTheClear(this.#events.inTheClear());
    owner?.closed(code);
  }
}
