/** The part of a Kubernetes API server that EndpointSlices are listed and watched by, over plain HTTP or TLS. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certificate } from './certificate.ts';

export interface SliceSketch {
  readonly name: string;
  readonly endpoints: readonly {
    readonly ip: string;
    readonly pod?: string;
    readonly ready?: boolean;
    readonly serving?: boolean;
    readonly terminating?: boolean;
  }[];
}

export const KUBERNETES_TOKEN = 'of-the-service-account';

export class KubernetesServer {
  /** Requests, as they came: `list` or `watch VERSION`. */
  readonly asked: string[] = [];
  /** Items of a page. */
  pageSize = 2;
  /** Watches from before this version are answered 410. */
  oldest = 0;
  /** Status of everything; 200: it works. */
  status = 200;
  #version = 100;
  readonly #slices = new Map<string, object>();
  readonly #watches = new Set<ServerResponse>();
  readonly #server: Server;

  readonly #scheme: string;

  private constructor(server: Server, scheme: string) {
    this.#server = server;
    this.#scheme = scheme;
    server.on('request', (request: IncomingMessage, answer: ServerResponse) => this.#answer(request, answer));
  }

  static async start(tls: Pick<Certificate, 'cert' | 'key'> | null = null): Promise<KubernetesServer> {
    const server =
      tls === null ? createServer() : createTlsServer({ cert: readFileSync(tls.cert), key: readFileSync(tls.key) });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new KubernetesServer(server, tls === null ? 'http' : 'https');
  }

  get url(): URL {
    return new URL(`${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`);
  }

  get watching(): number {
    return this.#watches.size;
  }

  set(sketch: SliceSketch): void {
    const type = this.#slices.has(sketch.name) ? 'MODIFIED' : 'ADDED';
    const slice = sliceOf(sketch, ++this.#version);
    this.#slices.set(sketch.name, slice);
    this.#send({ type, object: slice });
  }

  delete(name: string): void {
    const slice = this.#slices.get(name) as { metadata: object };
    this.#slices.delete(name);
    this.#send({ type: 'DELETED', object: { ...slice, metadata: { ...slice.metadata, resourceVersion: String(++this.#version) } } }); // prettier-ignore
  }

  /** Nothing of this service has happened, and time has moved on. */
  bookmark(): void {
    this.#version += 10;
    this.#send({ type: 'BOOKMARK', object: { metadata: { resourceVersion: String(this.#version) } } });
  }

  /** In the stream of a watch, as the API server says that its version is too old. */
  gone(): void {
    this.oldest = ++this.#version;
    this.#send({ type: 'ERROR', object: { kind: 'Status', code: 410, message: 'too old resource version' } });
  }

  /** Watches break off, as a connection does. */
  cut(): void {
    for (const watch of this.#watches) watch.destroy();
  }

  /** Changes that no watch is told of. */
  silently(change: () => void): void {
    const watches = [...this.#watches];
    this.#watches.clear();
    change();
    for (const watch of watches) this.#watches.add(watch);
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #send(event: object): void {
    for (const watch of this.#watches) watch.write(`${JSON.stringify(event)}\n`);
  }

  #answer(request: IncomingMessage, answer: ServerResponse): void {
    const url = new URL(request.url ?? '', this.url);
    const refuse = (code: number, message: string): void => {
      answer.writeHead(code, { 'content-type': 'application/json' });
      answer.end(JSON.stringify({ kind: 'Status', code, message }));
    };
    if (request.headers.authorization !== `Bearer ${KUBERNETES_TOKEN}`) return refuse(401, 'Unauthorized');
    if (this.status !== 200) return refuse(this.status, 'not now');
    if (url.pathname !== '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices') return refuse(404, 'not found');
    if (url.searchParams.get('labelSelector') !== 'kubernetes.io/service-name=app') return refuse(400, 'what service?');
    if (url.searchParams.get('watch') === '1') {
      const from = Number(url.searchParams.get('resourceVersion'));
      this.asked.push(`watch ${from}`);
      if (from < this.oldest) return refuse(410, 'too old resource version');
      answer.writeHead(200, { 'content-type': 'application/json' });
      answer.flushHeaders();
      this.#watches.add(answer);
      answer.on('close', () => this.#watches.delete(answer));
      return;
    }
    const all = [...this.#slices.values()];
    const start = Number(url.searchParams.get('continue') ?? 0);
    if (start === 0) this.asked.push('list');
    const end = start + this.pageSize;
    const more = end < all.length ? { continue: String(end) } : {};
    answer.writeHead(200, { 'content-type': 'application/json' });
    answer.end(JSON.stringify({ metadata: { resourceVersion: String(this.#version), ...more }, items: all.slice(start, end) })); // prettier-ignore
  }
}

function sliceOf({ name, endpoints }: SliceSketch, version: number): object {
  return {
    metadata: { name, resourceVersion: String(version) },
    addressType: 'IPv4',
    ports: [
      { name: 'metrics', port: 9100 },
      { name: 'http', port: 8080 },
    ],
    endpoints: endpoints.map(({ ip, pod, ready = true, serving = ready, terminating = false }) => ({
      addresses: [ip],
      conditions: { ready, serving, terminating },
      ...(pod !== undefined && { targetRef: { kind: 'Pod', name: pod } }),
    })),
  };
}
