/** What the plan does not hold, and can only be had by a restart: sockets and directories that are opened once. */
import type { Config } from '../config/schema.ts';
import type { SocketAddress } from '#core/plan.ts';

/** Why `next` cannot replace `now` without a restart, as a sentence; null when it can. */
export function needsRestart(now: Config, next: Config): string | null {
  const [was, is] = [now.admin.address, next.admin.address].map(addressText);
  if (was !== is) return `admin.address would change from ${was} to ${is}: restart for that.`;
  if (now.state.dir !== next.state.dir)
    return `state.dir would change from ${now.state.dir} to ${next.state.dir}: restart for that.`;
  if (JSON.stringify(now.state.shared) !== JSON.stringify(next.state.shared))
    return 'state.shared would change: restart for that.';
  return null;
}

function addressText(address: SocketAddress | null): string {
  if (address === null) return 'null';
  if (address.kind === 'unix') return `unix:${address.path}`;
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}
