/**
 * The admin API's HTTP server. It may listen in several places at once, and answers the same everywhere. What it can refuse
 * without looking, it refuses before anything is made for the request: a flood must cost the workers' machine little.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Log, Timers } from '#core/ports.ts';
import type { SocketAddress } from '#core/plan.ts';
import type { Arrival } from '../auth/caller.ts';
import { forwardedClient, TrustedNetworks } from '../auth/client-address.ts';
import { networkOf, plainAddress } from '../auth/network.ts';
import type { RequestLimit } from '../auth/request-limit.ts';
import { problem } from './answer.ts';
import { buildApp } from './app.ts';
import type { AnyCall, Api } from './call.ts';
import { HeldAnswers } from './held-answers.ts';
import { OwnConnections } from './own-connections.ts';
import { SECURITY_HEADERS, STRICT_TRANSPORT } from './security-headers.ts';

/** Above the time for which workers keep unused connections to this server, so that they never find one closed. */
const KEEP_ALIVE_MS = 75_000;
const HEAD_MS = 10_000;
const REQUEST_MS = 30_000;
const HEAD_BYTES_MAX = 16 * 1024;
const HEADERS_MAX = 100;
/** Of workers: a connection is one request that is under way, or was lately. */
const WORKER_CONNECTIONS_MAX = 1024;

const SECURITY = Object.entries(SECURITY_HEADERS);

export interface AdminServerOptions {
  readonly api: Api;
  readonly calls: readonly AnyCall[];
  readonly limit: RequestLimit;
  readonly timers: Timers;
  readonly log: Log;
}

export class AdminServer {
  readonly #options: AdminServerOptions;
  readonly #servers: Server[] = [];
  readonly #arrivals = new WeakMap<IncomingMessage, Arrival>();
  readonly #own: OwnConnections;
  readonly #held: HeldAnswers;
  readonly #refusal: { readonly headers: readonly string[]; readonly body: Buffer };
  #app: FastifyInstance | null = null;
  #trusted = new TrustedNetworks([]);
  #trustedCidrs: readonly string[] = [];

  constructor(options: AdminServerOptions) {
    this.#options = options;
    this.#own = new OwnConnections(options.timers);
    this.#held = new HeldAnswers(options.timers);
    this.#refusal = refusalOf(options.limit);
  }

  /** To be called before it listens anywhere. */
  async prepare(): Promise<void> {
    const { api, calls, log } = this.#options;
    const held = this.#held;
    const arrivalOf = (request: { raw: IncomingMessage }): Arrival => this.#arrivals.get(request.raw) as Arrival;
    this.#app = await buildApp({ api, calls, log, held, arrivalOf });
  }

  /** `by` says who connects there. Returns the port, 0 for a unix socket. Rejects with the system's error. */
  async listen(address: SocketAddress, by: Arrival['by']): Promise<number> {
    const server = createServer(
      {
        keepAliveTimeout: KEEP_ALIVE_MS,
        headersTimeout: HEAD_MS,
        requestTimeout: REQUEST_MS,
        maxHeaderSize: HEAD_BYTES_MAX,
      },
      (request, response) => this.#take(request, response, by),
    );
    server.maxHeadersCount = HEADERS_MAX;
    server.maxConnections = WORKER_CONNECTIONS_MAX;
    server.on('clientError', refuseMalformed);
    if (by === 'own') this.#own.bound(server);
    this.#servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      const listening = (): void => {
        server.off('error', reject);
        // Out of descriptors, for one: a connection is lost then, not the process.
        server.on('error', (error) =>
          this.#options.log.error({ error: error.message }, 'the admin server had an error'),
        );
        resolve();
      };
      if (address.kind === 'unix') server.listen({ path: address.path }, listening);
      else server.listen({ host: address.host, port: address.port, exclusive: true }, listening);
    });
    const bound = server.address() as AddressInfo | string | null;
    return typeof bound === 'object' && bound !== null ? bound.port : 0;
  }

  /** Closes at once. */
  async close(): Promise<void> {
    this.#held.close();
    await Promise.all(
      this.#servers.splice(0).map(
        (server) =>
          new Promise<void>((resolve) => {
            server.close(() => resolve());
            server.closeAllConnections();
          }),
      ),
    );
    await this.#app?.close();
  }

  #take(request: IncomingMessage, response: ServerResponse, by: Arrival['by']): void {
    const { limit, timers } = this.#options;
    const address = this.#addressOf(request, by);
    const network = networkOf(address);
    if (!isProbe(request.url) && !limit.take(network, timers.nowMs())) {
      const { headers, body } = this.#refusal;
      this.#held.hold(request.socket, by, () => void response.writeHead(429, headers as string[]).end(body));
      return;
    }
    const { headers } = request;
    const secure = by === 'worker' && headers['x-forwarded-proto'] === 'https';
    for (const [name, value] of SECURITY) response.setHeader(name, value);
    if (secure) response.setHeader('strict-transport-security', STRICT_TRANSPORT['strict-transport-security']);
    const forwarded = by === 'worker' ? headers['x-forwarded-host'] : undefined;
    const hosts = [headers.host, forwarded].flat().filter((host) => host !== undefined);
    this.#arrivals.set(request, { by, address, network, secure, hosts });
    (this.#app as FastifyInstance).routing(request, response);
  }

  #addressOf({ socket, headers }: IncomingMessage, by: Arrival['by']): string {
    if (by === 'own') return plainAddress(socket.remoteAddress ?? 'local');
    const cidrs = this.#options.api.ports.view.trustedProxies();
    if (cidrs !== this.#trustedCidrs) {
      this.#trustedCidrs = cidrs;
      this.#trusted = new TrustedNetworks(cidrs);
    }
    const field = headers['x-forwarded-for'];
    return forwardedClient(Array.isArray(field) ? field.join(',') : (field ?? ''), this.#trusted) ?? 'unknown';
  }
}

/** An orchestrator that is refused would end the process. */
function isProbe(url: string | undefined): boolean {
  return url === '/healthz' || url === '/readyz';
}

/** The whole answer to a request too many, made once. RateLimit fields as in draft-ietf-httpapi-ratelimit-headers. */
function refusalOf({ limits }: RequestLimit): { headers: readonly string[]; body: Buffer } {
  const { perSecond, burst } = limits.each;
  const answer = problem(
    429,
    'Too many requests',
    `At most ${perSecond} a second are taken from one address, and ${limits.all.perSecond} in all. Wait a second.`,
  );
  const body = Buffer.from(answer.body as string);
  const fields = {
    ...SECURITY_HEADERS,
    'content-type': answer.type,
    'content-length': String(body.length),
    'retry-after': '1',
    'ratelimit-policy': `"admin";q=${burst};w=${Math.ceil(burst / perSecond)}`,
    ratelimit: '"admin";r=0;t=1',
  };
  return { headers: Object.entries(fields).flat(), body };
}

/** Bytes that are no request: an answer without any of what they said, and the end of the connection. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const tooLong = error.code === 'HPE_HEADER_OVERFLOW';
  const late = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const [status, title] = tooLong ? [431, 'Head too large'] : late ? [408, 'Too slow'] : [400, 'Bad request'];
  const answer = problem(status, title, 'This is not a request that can be read.');
  const fields = {
    ...SECURITY_HEADERS,
    'content-type': answer.type,
    'content-length': String(answer.body.length),
    connection: 'close',
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${title}\r\n${lines.join('')}\r\n${answer.body as string}`);
}
