/** Gentle traffic for the demo: about twenty requests a second, of a few kinds, at random moments. */
import { Agent, request } from 'node:http';

const PER_SECOND = 20;
/** When the balancer answers more slowly than requests come, the rest are left out. */
const IN_FLIGHT_MAX = 64;
const TIMEOUT_MS = 10_000;

const KINDS: readonly (readonly [share: number, method: string, path: () => string])[] = [
  [0.45, 'GET', () => `/proxy/orders/${whole(1000)}`],
  [0.25, 'GET', () => `/proxy/search?q=${['shoes', 'lamps', 'tea', 'maps'][whole(4)]}`],
  [0.12, 'POST', () => '/proxy/orders'],
  [0.08, 'GET', () => `/proxy/users/${whole(200)}`],
  [0.05, 'PUT', () => `/proxy/users/${whole(200)}`],
  [0.03, 'HEAD', () => '/proxy/'],
  [0.02, 'DELETE', () => `/proxy/orders/${whole(1000)}`],
];

/** Sends requests to a port of this machine until the function that it returns is called. */
export function startTraffic(port: number): () => void {
  const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT_MAX });
  let inFlight = 0;
  let timer: NodeJS.Timeout;
  const next = (): void => {
    // Poisson arrivals: waits are exponential.
    timer = setTimeout(next, (-Math.log(1 - Math.random()) * 1000) / PER_SECOND);
    if (inFlight >= IN_FLIGHT_MAX) return;
    const [method, path] = drawKind();
    const body = method === 'POST' || method === 'PUT' ? '{"demo":true}' : undefined;
    const headers = { 'user-agent': 'edgebalancer-demo', ...(body && { 'content-type': 'application/json' }) };
    inFlight += 1;
    const sent = request({ host: '127.0.0.1', port, method, path, agent, headers, timeout: TIMEOUT_MS }, (answer) => {
      answer.on('error', () => {});
      answer.resume();
    });
    sent.on('timeout', () => sent.destroy());
    // What fails is on the status page; the demo goes on.
    sent.on('error', () => {});
    sent.on('close', () => (inFlight -= 1));
    sent.end(body);
  };
  next();
  return () => {
    clearTimeout(timer);
    agent.destroy();
  };
}

function drawKind(): [method: string, path: string] {
  let left = Math.random();
  for (const [share, method, path] of KINDS) {
    left -= share;
    if (left < 0) return [method, path()];
  }
  return ['GET', '/proxy/'];
}

function whole(below: number): number {
  return Math.floor(Math.random() * below);
}
