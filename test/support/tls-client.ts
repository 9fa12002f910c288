/** Clients over TLS. */
import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { Wire } from './wire.ts';

export interface TlsWire {
  readonly wire: Wire;
  readonly socket: TLSSocket;
  /** The socket below. */
  readonly plain: Socket;
}

/** A connection on which hands are shaken. Rejects with what went wrong, also where it shows only after that (TLS 1.3). */
export async function dialTls(port: number, options: ConnectionOptions = {}, halfOpen = false): Promise<TlsWire> {
  const plain = connectPlain({ host: '127.0.0.1', port, allowHalfOpen: halfOpen });
  plain.on('error', () => {});
  const socket = connect({ servername: 'localhost', ...options, socket: plain });
  await once(socket, 'secureConnect');
  return { wire: new Wire(socket), socket, plain };
}

export interface TlsAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
  /** SHA-256 of the certificate that the server has shown. */
  readonly fingerprint: string;
}

/** One request on a connection of its own. */
export async function askTls(port: number, path: string, options: ConnectionOptions, fields = ''): Promise<TlsAnswer> {
  const { wire, socket } = await dialTls(port, options);
  const fingerprint = socket.getPeerCertificate().fingerprint256 ?? '';
  wire.send(`GET ${path} HTTP/1.1\r\nHost: ${options.servername ?? 'localhost'}\r\n${fields}Connection: close\r\n\r\n`);
  const { head, body } = await wire.message();
  await wire.gone();
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]), head, body, fingerprint };
}
