import { createServer } from 'node:net';
import { once } from 'node:events';

// Below the range from which the kernel takes ports for outgoing connections (32768 and up by default): under load a
// port that was free a moment ago could else be taken by a client of another target before its owner listens.
const LOWEST = 11_000;
const HIGHEST = 32_000;
const TRIES_MAX = 500;

const given = new Set<number>();

/** A port of 127.0.0.1 that was free a moment ago and that this process has not given out before. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (!given.has(port) && (await isFree(port))) {
      given.add(port);
      return port;
    }
  }
  throw new Error(`no free port found in ${TRIES_MAX} tries`);
}

/** Several of them. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePort());
  return ports;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  // Every address, since an origin may want the same port on many addresses of 127.0.0.0/8. Never accepts: it closes at once.
  server.listen({ port, host: '0.0.0.0', exclusive: true });
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
