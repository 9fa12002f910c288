/** A balancer whose listener speaks TLS, and a backend behind it. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { administer, type Administered } from './admin-client.ts';
import type { Certificate } from './certificate.ts';
import { Origin } from './origin.ts';

export const pair = ({ cert, key }: Certificate): { cert: string; key: string } => ({ cert, key });
export const REQUEST = 'GET /proxy/x HTTP/1.1\r\nHost: localhost\r\n\r\n';

export interface House extends Administered {
  readonly origin: Origin;
}

export async function house(t: TestContext, tls: object, listener: object = {}): Promise<House> {
  const origin = await Origin.start('a');
  t.after(() => origin.stop());
  return { ...(await served(t, origin.port, tls, listener)), origin };
}

export function served(t: TestContext, port: number, tls: object, listener: object = {}): Promise<Administered> {
  return administer(t, {
    workers: 2,
    backends: [{ id: 'a', url: `http://127.0.0.1:${port}` }],
    listeners: [{ name: 'public', address: '127.0.0.1:0', tls, ...listener }],
  });
}

export async function listening(t: TestContext, server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

export function backend(t: TestContext, answer: RequestListener): Promise<number> {
  return listening(t, createServer(answer));
}
