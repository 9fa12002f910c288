/** The admin API's HTTP server. It may listen in several places at once, and answers the same everywhere. */
import { createServer, type Server } from 'node:http';
import type { Log } from '#core/ports.ts';
import type { SocketAddress } from '#core/plan.ts';
import { problem, send } from './answer.ts';
import { answerTo } from './routes.ts';
import type { AdminView } from './view.ts';

/** Above the time for which workers keep unused connections to this server, so that they never find one closed. */
const KEEP_ALIVE_MS = 75_000;

export class AdminServer {
  readonly #view: AdminView;
  readonly #log: Log;
  readonly #servers: Server[] = [];

  constructor(view: AdminView, log: Log) {
    this.#view = view;
    this.#log = log;
  }

  /** Returns the port, 0 for a unix socket. Rejects with the system's error. */
  async listen(address: SocketAddress): Promise<number> {
    const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
      try {
        send(request, response, answerTo(request.method ?? '', request.url ?? '', this.#view));
      } catch (error) {
        this.#log.error({ path: request.url, error: String(error) }, 'an admin request failed');
        send(request, response, problem(500, 'Internal error', 'This is a fault of EdgeBalancer; its log says more.'));
      }
      // Nothing that can be asked here has a body; what comes anyway is read and dropped.
      request.resume();
    });
    this.#servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      const listening = (): void => {
        server.off('error', reject);
        // Out of descriptors, for one: a connection is lost then, not the process.
        server.on('error', (error) => this.#log.error({ error: error.message }, 'the admin server had an error'));
        resolve();
      };
      if (address.kind === 'unix') server.listen({ path: address.path }, listening);
      else server.listen({ host: address.host, port: address.port, exclusive: true }, listening);
    });
    const bound = server.address();
    return typeof bound === 'object' && bound !== null ? bound.port : 0;
  }

  /** Closes at once. */
  async close(): Promise<void> {
    await Promise.all(
      this.#servers.splice(0).map(
        (server) =>
          new Promise<void>((resolve) => {
            server.close(() => resolve());
            server.closeAllConnections();
          }),
      ),
    );
  }
}
