/** Addresses as people write them. */
import type { SocketAddress } from '#core/plan.ts';

/** `host:port`, or the socket's path. */
export function addressText(address: SocketAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/** Where a listener really is: the plan's address, with the port that the system gave for 0. */
export function boundAddress(address: SocketAddress, port: number | undefined): string {
  return addressText(address.kind === 'tcp' ? { ...address, port: port ?? address.port } : address);
}
