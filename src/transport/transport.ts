/**
 * The only way the data plane speaks to sockets. An engine implements it (`net/` today); nothing above knows which one.
 *
 * Rules that every engine keeps:
 * - A handler's methods are called synchronously, one at a time, never from inside a call that the handler's owner makes
 *   into the connection (`write`, `end`, `destroy`, …).
 * - The bytes given to `onRead` belong to the engine and are overwritten once the call returns: copy what must live on.
 * - The bytes given to `write` belong to the caller again when the call returns.
 * - Over TLS one read is deciphered into several: a few calls of `onRead` may follow a `pause`.
 * - `onClose` comes once, when the connection ends for any reason but the owner's own `destroy` or `reset`. After it, or
 *   after those two, no method of the handler is called any more.
 */
import type { SocketAddress } from '#transport/address.ts';

export interface ConnectionHandler {
  /** An outgoing connection stands. Never called for an accepted one. */
  onConnect(): void;
  /** Bytes `buffer[start, end)` arrived. */
  onRead(buffer: Buffer, start: number, end: number): void;
  /** The peer sent its last byte; this side may go on writing. */
  onEnd(): void;
  /** Everything that `write` had to keep is with the kernel now. */
  onDrain(): void;
  /** The connection is gone. `error` is the system's code ('ECONNREFUSED', 'ECONNRESET', …), null for a clean end. */
  onClose(error: string | null): void;
}

export interface Connection {
  handler: ConnectionHandler;
  /** The peer's address, '' for a unix socket. IPv4-mapped IPv6 is given as IPv4. Of an accepted one not before `onAccept` returns. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Bytes that `write` had to keep and the kernel has not taken yet. */
  readonly pendingBytes: number;
  /** Sends `buffer[start, end)`. False when the kernel did not take all of it: stop until `onDrain`. */
  write(buffer: Buffer, start: number, end: number): boolean;
  /** Stops `onRead` (one call may still follow). */
  pause(): void;
  resume(): void;
  /** Sends what is kept, then tells the peer that no more comes; reading goes on. */
  end(): void;
  /**
   * Asks the kernel now, at the cost of a read: false when bytes, an end or an error have come that no event has told of yet.
   * The connection is of no use then, since a byte may have been taken: destroy it.
   */
  isSilent(): boolean;
  /** Closes at once; bytes kept are dropped. */
  destroy(): void;
  /** Closes at once with a reset, so that the peer cannot take what it got for a clean end. */
  reset(): void;
}

export interface ListenOptions {
  readonly address: SocketAddress;
  /** Other threads listen on the same address. */
  readonly shared: boolean;
  readonly backlog: number;
}

export interface Listener {
  /** The port that was bound, 0 for a unix socket. */
  readonly port: number;
  /** Stops accepting; connections live on. */
  close(): void;
}

/** A certificate and what it is chosen by. */
export interface TlsCertificate {
  /** PEM: the certificate, and its chain behind it. */
  readonly cert: string;
  /** PEM: its private key. */
  readonly key: string;
  /** Host names that it is for, lower case; `*.` in front stands for one label (RFC 6125, section 6.4.3). */
  readonly names: readonly string[];
}

export interface TlsSettings {
  /** The first is for clients who name no host, or one that none of them is for. */
  readonly certificates: readonly TlsCertificate[];
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  /** PEM: whoever connects must show a certificate that one of these has signed. Null: nobody is asked for one. */
  readonly clientCa: string | null;
  /** 48 bytes. Threads that have the same continue each other's sessions (RFC 5077). */
  readonly ticketKeys: Uint8Array;
}

export type Handshake = 'whole' | 'resumed' | 'failed';

/** What an acceptor tells and asks. */
export interface TlsEvents {
  /** A handshake has ended. `error` is the code of what went wrong. */
  onHandshake(how: Handshake, error: string | null): void;
  /** What is sent to a client that speaks in the clear, before its connection ends. */
  inTheClear(): Buffer;
}

/** The server's side of TLS for one listener. */
export interface TlsAcceptor {
  /** For connections that come from now on; throws where key and certificate cannot be used. */
  use(settings: TlsSettings): void;
  /**
   * The same connection, enciphered: its handler gets what the client means, once it has shown that it can. `early` is what
   * has been read of it already. `connection` is of no use any more but for the peer's address. A connection that has no
   * handler yet is secured before `onAccept` returns.
   */
  secure(connection: Connection, early: Buffer | null): Connection;
}

/** What is shown to servers, and how they are verified. */
export interface TlsClientSettings {
  /** PEM: authorities that a server's certificate must be signed by one of; null: those that the system believes. */
  readonly ca: string | null;
  /** PEM, both or neither: shown to servers that ask. */
  readonly cert: string | null;
  readonly key: string | null;
}

/** The client's side of TLS for one pool. */
export interface TlsConnector {
  /**
   * As `Transport.connect`; `onConnect` follows once hands are shaken and the server's certificate was verified for `name`, a host
   * name or an IP address.
   */
  connect(address: SocketAddress, name: string, handler: ConnectionHandler): Connection;
}

export interface Transport {
  readonly name: string;
  tlsAcceptor(settings: TlsSettings, events: TlsEvents): TlsAcceptor;
  /** Throws where key and certificate cannot be used. */
  tlsConnector(settings: TlsClientSettings): TlsConnector;
  /** Calls `onAccept` for each connection, which must set its handler before it returns. */
  listen(options: ListenOptions, onAccept: (connection: Connection) => void): Promise<Listener>;
  /** Begins to connect; `handler.onConnect` or `handler.onClose` follows, never before this call returns. */
  connect(address: SocketAddress, handler: ConnectionHandler): Connection;
}

export type { SocketAddress };
