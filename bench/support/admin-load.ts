import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

// What is asked of an admin API while the data plane is measured: changes, and floods.

export interface AdminAnswer {
  readonly status: number;
  readonly text: string;
  /** From sending it to the last byte of the answer. */
  readonly ms: number;
}

/** Changes have connections of their own: a flood must not hold up its own measuring. */
const changing = new Agent({ keepAlive: true, maxSockets: 32 });
/**
 * Connections of a flood, each with one request at a time: more than an admin API should take from one address, so that the
 * flood meets that limit too. Nothing waits for a connection: it would outlive the flood.
 */
const FLOOD_SOCKETS = 128;
const TICK_MS = 10;

export function askAdmin(
  port: number,
  method: string,
  path: string,
  token: string,
  body?: object,
  agent: Agent = changing,
): Promise<AdminAnswer> {
  const text = body === undefined ? '' : JSON.stringify(body);
  const headers = {
    ...(token !== '' && { authorization: `Bearer ${token}` }),
    ...(text !== '' && { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
  };
  const begunMs = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers, agent }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          text: Buffer.concat(parts).toString(),
          ms: performance.now() - begunMs,
        }),
      );
    });
    sent.on('error', reject);
    sent.end(text);
  });
}

export interface Flood {
  /** By status; 0: no answer. */
  readonly statuses: ReadonlyMap<number, number>;
  readonly sent: number;
}

/** Asks at a steady pace, whatever the answers do. Its connections end with it, and with them what has no answer yet. */
export async function flood(
  port: number,
  { path, token, perSecond, seconds }: { path: string; token: () => string; perSecond: number; seconds: number },
): Promise<Flood> {
  const statuses = new Map<number, number>();
  const agent = new Agent({ keepAlive: true, maxSockets: FLOOD_SOCKETS });
  const begunMs = performance.now();
  let sent = 0;
  let pending = 0;
  let over = false;
  const count = (status: number): void => {
    pending -= 1;
    if (!over) statuses.set(status, (statuses.get(status) ?? 0) + 1);
  };
  while (performance.now() - begunMs < seconds * 1000) {
    const due = Math.floor(((performance.now() - begunMs) * perSecond) / 1000);
    for (; sent < due && pending < FLOOD_SOCKETS; sent++) {
      pending += 1;
      askAdmin(port, 'GET', path, token(), undefined, agent).then(
        ({ status }) => count(status),
        () => count(0),
      );
    }
    await delay(TICK_MS);
  }
  over = true;
  agent.destroy();
  return { statuses, sent };
}
