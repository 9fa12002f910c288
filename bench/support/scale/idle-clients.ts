import { Socket } from 'node:net';
import { MessageReader } from '../message-reader.ts';

// Many keep-alive connections that each ask once and then say nothing: a process of its own.

/** Opens so many; 0 closes all. */
export interface IdleOrder {
  readonly port: number;
  readonly count: number;
}

export interface IdleResult {
  /** Connections that had their answer and are still open. */
  readonly open: number;
  readonly problems: readonly string[];
}

const AT_ONCE = 200;
/** So that no address runs out of ports. */
const SOURCES = 8;
const LIMIT_MS = 10_000;

let sockets: Socket[] = [];

process.on('message', (order: IdleOrder) => void obey(order).then((result) => process.send!(result)));
process.on('disconnect', () => process.exit(0));

async function obey({ port, count }: IdleOrder): Promise<IdleResult> {
  if (count === 0) {
    for (const socket of sockets) socket.destroy();
    sockets = [];
    return { open: 0, problems: [] };
  }
  const problems = new Set<string>();
  let next = 0;
  const lane = async () => {
    while (next < count) {
      const problem = await openOne(port, `127.0.0.${2 + (next++ % SOURCES)}`);
      if (problem !== '') problems.add(problem);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return { open: sockets.filter((socket) => !socket.destroyed && socket.writable).length, problems: [...problems] };
}

/** Connects, asks once, keeps the connection; answers what went wrong, or ''. */
function openOne(port: number, localAddress: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = new Socket();
    const reader = new MessageReader('response', {
      onHead: (head) => {
        if (!head.startsWith('HTTP/1.1 200')) resolve(head.slice(0, 12));
      },
      onEnd: () => {
        socket.setTimeout(0);
        sockets.push(socket);
        resolve('');
      },
    });
    socket.setTimeout(LIMIT_MS, () => {
      resolve('no answer in time');
      socket.destroy();
    });
    socket.on('data', (chunk) => reader.push(chunk as Buffer));
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.on('close', () => resolve('the connection was closed'));
    socket.connect({ port, host: '127.0.0.1', localAddress }, () => {
      socket.write('GET /proxy/ HTTP/1.1\r\nHost: app.test\r\n\r\n');
    });
  });
}
