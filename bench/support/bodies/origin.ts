import { createServer, type Socket } from 'node:net';
import { MessageReader } from '../message-reader.ts';
import { writeBlocks } from './block-writer.ts';
import { Pace } from './pace.ts';

// The origin of `bodies`: GET /bytes/N answers N bytes; POST /take/RATE swallows a body, at RATE bytes a second unless
// that is 0, and answers how many bytes it had. Arguments: port.

createServer({ noDelay: true }, serve).listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 1024 });
process.on('disconnect', () => process.exit(0));

function serve(socket: Socket): void {
  let line = '';
  let close = false;
  let bytes = 0;
  let pace: Pace | null = null;
  const reader = new MessageReader('request', {
    onHead: (head) => {
      line = head.slice(0, head.indexOf('\r\n'));
      close = /\r\nconnection: *close/i.test(head);
      bytes = 0;
      const rate = Number(/^POST \/take\/(\d+)/.exec(line)?.[1] ?? 0);
      pace = rate > 0 ? new Pace(rate) : null;
      if (/\r\nexpect: *100-continue/i.test(head)) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    },
    onBody: (part) => {
      bytes += part.length;
    },
    onEnd: () => {
      const wanted = Number(/^GET \/bytes\/(\d+)/.exec(line)?.[1] ?? -1);
      const text = String(bytes);
      const length = wanted >= 0 ? wanted : text.length;
      socket.write(
        `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n${close ? 'Connection: close\r\n' : ''}\r\n`,
        'latin1',
      );
      if (wanted >= 0) writeBlocks(socket, wanted);
      else socket.write(text);
      if (close) socket.end();
    },
  });
  socket.on('data', (chunk) => {
    const restMs = pace === null ? 0 : pace.take(chunk.length);
    reader.push(chunk as Buffer);
    if (restMs < 1) return;
    socket.pause();
    setTimeout(() => socket.resume(), restMs);
  });
  socket.on('error', () => socket.destroy());
}
