import { createServer, type Socket } from 'node:net';
import { MessageReader } from '../message-reader.ts';
import { BackendModel } from './backend-model.ts';
import { DueQueue } from './due-queue.ts';
import { epochMs, type Run } from './scenarios.ts';

// The backends of `tail`: one process, a port each (arguments), behaving as the parent's last message says.

const ports = process.argv.slice(2).map(Number);
const due = new DueQueue();
const idleRun: Run = { scenario: 'homog', seed: 0, seconds: 1, startAtMs: 0, independent: false };
let models = ports.map((_, index) => new BackendModel(idleRun, index));

process.on('message', (message: { run: Run } | { report: true }) => {
  if ('run' in message) {
    models = ports.map((_, index) => new BackendModel(message.run, index));
    due.takeLateness();
    process.send!({ ready: true });
  } else {
    process.send!({ latenessMs: due.takeLateness() });
  }
});
process.on('disconnect', () => process.exit(0));

for (const [index, port] of ports.entries()) {
  createServer({ noDelay: true }, (socket) => serve(socket, index)).listen({ port, host: '127.0.0.1', backlog: 4096 });
}

function serve(socket: Socket, index: number): void {
  const reader = new MessageReader('request', {
    onHead: (head) => answer(socket, index, head),
    onEnd: () => {},
  });
  socket.on('data', (chunk) => reader.push(chunk as Buffer));
  socket.on('error', () => socket.destroy());
}

function answer(socket: Socket, index: number, head: string): void {
  const arrivedMs = epochMs();
  const number = /^GET \/r(\d+) /.exec(head);
  const close = /\r\nconnection: *close/i.test(head);
  // Probes and the first answer at start-up take no slot, but wait while the process is frozen.
  const verdict =
    number === null
      ? { atMs: models[index]!.finish(arrivedMs, 0), failed: false }
      : models[index]!.arrive(Number(number[1]), arrivedMs);
  const send = () => {
    if (socket.destroyed) return;
    const status = verdict.failed ? '500 Internal Server Error' : '200 OK';
    const fields = `Content-Type: text/plain\r\nContent-Length: 1\r\n${close ? 'Connection: close\r\n' : ''}`;
    socket.write(`HTTP/1.1 ${status}\r\n${fields}\r\n${index}`, 'latin1');
    if (close) socket.end();
  };
  if (verdict.atMs <= arrivedMs) send();
  else due.add(verdict.atMs, send);
}
