/** Why a listener could not be opened, as a sentence for the operator. */
import type { SocketAddress } from '#core/plan.ts';

export function listenFailure(name: string, address: SocketAddress, error: NodeJS.ErrnoException): string {
  const where = address.kind === 'unix' ? `unix:${address.path}` : `${address.host}:${address.port}`;
  return `listener ${name} cannot listen on ${where}: ${reason(error)}`;
}

function reason(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return 'the address is taken by another process; stop it or choose another port.';
    case 'EACCES':
      return 'it is not permitted; choose a port of 1024 or above, or grant CAP_NET_BIND_SERVICE.';
    case 'EADDRNOTAVAIL':
      return 'this machine has no such address; choose one of its own, or 0.0.0.0 for all.';
    default:
      return `${error.code ?? 'error'}: ${error.message}`;
  }
}
