import { Socket } from 'node:net';

// Clients that mean harm: each opens a connection, begins a head and goes on with it by a byte a second, without end. A
// process of its own, with one timer for all of them.

/** Opens so many over `openMs`, and answers when the proxy has ended them all, or after `limitMs`. */
export interface SlowOrder {
  readonly port: number;
  readonly count: number;
  readonly openMs: number;
  readonly limitMs: number;
}

export interface SlowResult {
  readonly opened: number;
  readonly problems: readonly string[];
  /** Until the proxy ended a connection, from its first byte on: the middle one, and the last. */
  readonly goneMedianMs: number;
  readonly goneLastMs: number;
  /** Connections that it had not ended by then. */
  readonly left: number;
}

interface Slow {
  readonly socket: Socket;
  /** 0: not connected yet. */
  firstByteMs: number;
  goneMs: number;
}

/** Small steps, so that neither opening nor sending comes in waves that would be felt by themselves. */
const STEP_MS = 2;
const BYTE_EVERY_MS = 1000;
/** So that no address runs out of ports. */
const SOURCES = 8;
const BEGINNING = 'GET /proxy/ HTTP/1.1\r\nHost: app.test\r\nX-Slow: ';

process.on('message', (order: SlowOrder) => void attack(order).then((result) => process.send!(result)));
process.on('disconnect', () => process.exit(0));

async function attack({ port, count, openMs, limitMs }: SlowOrder): Promise<SlowResult> {
  const clients: Slow[] = [];
  const problems = new Set<string>();
  const begunMs = performance.now();
  let gone = 0;
  let sentTo = 0;
  const open = (): void => {
    const client: Slow = { socket: new Socket(), firstByteMs: 0, goneMs: 0 };
    const { socket } = client;
    const ended = (): void => {
      if (client.goneMs > 0) return;
      client.goneMs = performance.now();
      gone += 1;
      socket.destroy();
    };
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // A reset is one of the ways in which a proxy may end it.
      if (client.firstByteMs === 0) problems.add(error.code ?? error.message);
    });
    socket.on('end', ended);
    socket.on('close', ended);
    socket.resume();
    socket.connect({ port, host: '127.0.0.1', localAddress: `127.0.0.${2 + (clients.length % SOURCES)}` }, () => {
      client.firstByteMs = performance.now();
      socket.write(BEGINNING);
    });
    clients.push(client);
  };
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const elapsedMs = performance.now() - begunMs;
      const wanted = Math.min(count, Math.ceil((count * elapsedMs) / openMs));
      while (clients.length < wanted) open();
      // Each gets a byte a second, one after another.
      const bytesDue = Math.floor((clients.length * elapsedMs) / BYTE_EVERY_MS);
      for (let most = count; sentTo < bytesDue && most > 0; sentTo++, most--) {
        const client = clients[sentTo % clients.length]!;
        if (client.firstByteMs > 0 && client.goneMs === 0) client.socket.write('x');
      }
      sentTo = bytesDue;
      if (gone < count && elapsedMs < limitMs) return;
      clearInterval(timer);
      resolve();
    }, STEP_MS);
  });
  const times = clients
    .filter(({ firstByteMs, goneMs }) => firstByteMs > 0 && goneMs > 0)
    .map(({ firstByteMs, goneMs }) => goneMs - firstByteMs)
    .sort((a, b) => a - b);
  const left = clients.filter(({ goneMs }) => goneMs === 0).length;
  for (const { socket } of clients) socket.destroy();
  return {
    opened: clients.filter(({ firstByteMs }) => firstByteMs > 0).length,
    problems: [...problems],
    goneMedianMs: times[times.length >> 1] ?? NaN,
    goneLastMs: left > 0 ? Infinity : (times.at(-1) ?? NaN),
    left,
  };
}
