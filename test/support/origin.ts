/** A small HTTP backend whose health and speed a test decides. */
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export class Origin {
  readonly id: string;
  /** What /healthz answers. */
  healthStatus = 200;
  /** Requests other than probes. */
  served = 0;
  probes = 0;
  readonly #server = createServer((incoming, response) => this.#serve(incoming, response));
  #holding = false;
  #held: ServerResponse[] = [];

  constructor(id: string) {
    this.id = id;
  }

  static async start(id: string, at: { port: number } | { path: string } = { port: 0 }): Promise<Origin> {
    const origin = new Origin(id);
    origin.#server.keepAliveTimeout = 60_000;
    await new Promise<void>((resolve) => origin.#server.listen({ host: '127.0.0.1', ...at }, resolve));
    return origin;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** From now on requests wait for `release`. */
  hold(): void {
    this.#holding = true;
  }

  get heldCount(): number {
    return this.#held.length;
  }

  /** Answers everything that waits. */
  release(): void {
    this.#holding = false;
    for (const response of this.#held.splice(0)) response.end(this.id);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(incoming: IncomingMessage, response: ServerResponse): void {
    incoming.resume();
    if (incoming.url === '/healthz') {
      this.probes += 1;
      response.writeHead(this.healthStatus).end('state: fine');
      return;
    }
    this.served += 1;
    if (this.#holding) this.#held.push(response);
    else response.end(this.id);
  }
}

export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
}

/** One request on a connection of its own. Rejects when there is no whole answer. */
export function ask(port: number, path = '/', options: { method?: string; socketPath?: string } = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, agent: false, ...options }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(parts).toString(), headers: answer.headers }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}
