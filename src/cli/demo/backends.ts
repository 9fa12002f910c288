/** Small backends for the demo: three of different speed, and one that fails for a while now and then. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

export interface Character {
  readonly id: string;
  /** What an answer takes on average, in milliseconds. */
  readonly meanMs: number;
  /** Fails in this rhythm; null: never. */
  readonly moods: { readonly firstAfterMs: number; readonly everyMs: number; readonly forMs: number } | null;
}

export const CHARACTERS: readonly Character[] = [
  { id: 'fast', meanMs: 12, moods: null },
  { id: 'medium', meanMs: 18, moods: null },
  { id: 'slow', meanMs: 70, moods: null },
  { id: 'moody', meanMs: 12, moods: { firstAfterMs: 20_000, everyMs: 60_000, forMs: 12_000 } },
];

/** Starts one backend on a port that the system chooses; resolves with it. */
export function startBackend(character: Character): Promise<number> {
  const from = performance.now();
  let served = 0;
  const server = createServer((request, response) => {
    const ill = isIll(character, performance.now() - from);
    if (request.url === '/healthz') return answer(request, response, ill ? 503 : 200, { status: ill ? 'ill' : 'well' });
    served += 1;
    const body = { backend: character.id, served, method: request.method, path: request.url };
    setTimeout(
      () =>
        answer(request, response, ill ? 503 : 200, ill ? { ...body, error: 'this backend is ill for a while' } : body),
      delayMs(character.meanMs),
    );
  });
  return listening(server);
}

/** Whether a moody backend fails `sinceMs` after it started. */
export function isIll({ moods }: Character, sinceMs: number): boolean {
  if (moods === null || sinceMs < moods.firstAfterMs) return false;
  return (sinceMs - moods.firstAfterMs) % moods.everyMs < moods.forMs;
}

/** Half of it always, the rest drawn from an exponential: most answers are near the mean, a few take much longer. */
function delayMs(meanMs: number): number {
  return meanMs / 2 - (meanMs / 2) * Math.log(1 - Math.random());
}

function answer(request: IncomingMessage, response: ServerResponse, status: number, body: object): void {
  request.resume();
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(request.method === 'HEAD' ? undefined : `${JSON.stringify(body)}\n`);
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // Above the time for which the balancer keeps an unused connection.
    server.keepAliveTimeout = 75_000;
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}
