/**
 * Workers share a listener's port with SO_REUSEPORT, and so would a second instance started by mistake: the kernel would
 * deal connections to both, and nobody would be told. So each address is bound once without sharing before any worker
 * starts; the kernel refuses that bind while anyone else holds the port.
 */
import { lstatSync, unlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { SocketAddress } from '#core/plan.ts';
import { addressText } from './address-text.ts';
import { OperatorError } from './operator-error.ts';

/** Rejects with a sentence for the operator when `address` cannot be bound. `what` names it: 'listener "public"'. */
export async function checkAddress(what: string, address: SocketAddress): Promise<void> {
  if (address.kind === 'unix') return checkPath(what, address.path);
  if (address.port === 0) return;
  await new Promise<void>((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => reject(bindError(what, address, error)));
    // Whoever connects in this instant is turned away; the workers are not there yet.
    server.listen({ host: address.host, port: address.port, exclusive: true }, () => server.close(() => resolve()));
  });
}

/** A socket's file that nobody listens behind is left over from a crash, and is removed. */
async function checkPath(what: string, path: string): Promise<void> {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isSocket()) {
    throw new OperatorError(`${what}: ${path} exists and is not a socket. Remove it, or choose another path.`);
  }
  if (await answers(path)) {
    throw new OperatorError(`${what}: another program listens on ${path}. Stop it, or choose another path.`);
  }
  unlinkSync(path);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
  });
}

/** What went wrong when binding, as a sentence with what to do. */
export function bindError(what: string, address: SocketAddress, error: NodeJS.ErrnoException): OperatorError {
  const at = addressText(address);
  switch (error.code) {
    case 'EADDRINUSE':
      return new OperatorError(
        `${what}: ${at} is taken by another program. Stop that program, or give this address another port.`,
      );
    case 'EACCES':
      return new OperatorError(
        `${what}: this user may not bind ${at}. Use a port from 1024 on, or grant the right to bind low ports (CAP_NET_BIND_SERVICE).`,
      );
    case 'EADDRNOTAVAIL':
      return new OperatorError(
        `${what}: ${at} is not an address of this machine. Use one that it has, or 0.0.0.0 for all of them.`,
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new OperatorError(`${what}: the name in ${at} does not resolve. Use an IP address of this machine.`);
    default:
      return new OperatorError(`${what}: cannot listen on ${at}: ${error.message}.`);
  }
}
