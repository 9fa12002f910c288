/**
 * The admin server as part of the supervisor. It listens on a unix socket that workers send the control plane's requests
 * to, and on an address of its own where the configuration gives one.
 */
import type { AdminServer } from '#control/admin/server.ts';
import type { Log } from '#core/ports.ts';
import type { SocketAddress } from '#core/plan.ts';
import type { Facts } from './admin-facts.ts';
import { makeControlSocket, sweepControlSockets } from './control-socket.ts';
import { bindError, checkAddress } from './port-check.ts';

export class ControlPlane {
  /** Port of its own address; 0 when it has none. */
  port = 0;
  readonly #facts: () => Facts;
  readonly #log: Log;
  readonly #socket = makeControlSocket();
  #server: AdminServer | null = null;

  constructor(facts: () => Facts, log: Log) {
    this.#facts = facts;
    this.#log = log;
  }

  /** Where workers find it. */
  get path(): string {
    return this.#socket.path;
  }

  /** Rejects with an `OperatorError` when `address` cannot be had. */
  async start(address: SocketAddress | null): Promise<void> {
    // The HTTP server is loaded here, while the workers start, since no request waits for it.
    const [{ AdminServer }, { adminView }] = await Promise.all([
      import('#control/admin/server.ts'),
      import('./admin-facts.ts'),
    ]);
    const server = (this.#server = new AdminServer(adminView(this.#facts), this.#log));
    await server.listen({ kind: 'unix', path: this.#socket.path });
    this.#socket.secure();
    sweepControlSockets().catch((error: unknown) => this.#log.debug({ error: String(error) }, 'old sockets stay'));
    if (address === null) return;
    const what = 'The admin API (admin.address)';
    if (address.kind === 'unix') await checkAddress(what, address);
    try {
      this.port = await server.listen(address);
    } catch (error) {
      throw bindError(what, address, error as NodeJS.ErrnoException);
    }
  }

  async stop(): Promise<void> {
    await this.#server?.close();
    this.#socket.remove();
  }
}
