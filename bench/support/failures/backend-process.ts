import { createServer, type Socket } from 'node:net';
import { MessageReader } from '../message-reader.ts';

// One backend of `failures`, a process of its own so that it can be killed and stopped (argument: its port). Answers after
// a while, so that some requests are always under way.

const WORK_MS = 20;
const EXIT_LIMIT_MS = 5000;

const port = Number(process.argv[2]);
const open = new Map<Socket, { busy: boolean }>();
let draining = false;
let leaving = false;

const server = createServer({ noDelay: true }, serve);
server.listen({ port, host: '127.0.0.1', backlog: 4096 });

process.on('disconnect', () => process.exit(0));
process.on('message', (message: 'drain' | 'leave') => {
  // Draining: not ready, and each answer asks for the end of its connection, while new ones are still taken. Leaving: none is.
  draining = true;
  if (message === 'leave') {
    leaving = true;
    server.close();
    for (const [socket, { busy }] of open) if (!busy) socket.end();
    setTimeout(() => process.exit(0), EXIT_LIMIT_MS);
    exitWhenEmpty();
  }
  process.send!('done');
});

function serve(socket: Socket): void {
  const state = { busy: false };
  open.set(socket, state);
  let head = '';
  const answer = () => {
    state.busy = false;
    if (socket.destroyed) return;
    const probe = head.includes(' /healthz ');
    const status = probe && draining ? '503 Service Unavailable' : '200 OK';
    const close = draining || /\r\nconnection: *close/i.test(head);
    socket.write(`HTTP/1.1 ${status}\r\nContent-Length: 2\r\n${close ? 'Connection: close\r\n' : ''}\r\nok`);
    if (close) socket.end();
  };
  const reader = new MessageReader('request', {
    onHead: (text) => {
      head = text;
      state.busy = true;
    },
    onEnd: () => {
      if (head.includes(' /healthz ')) answer();
      else setTimeout(answer, WORK_MS);
    },
  });
  socket.on('data', (chunk) => reader.push(chunk as Buffer));
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    open.delete(socket);
    exitWhenEmpty();
  });
}

function exitWhenEmpty(): void {
  if (leaving && open.size === 0) setImmediate(() => process.exit(0));
}
