import { createServer } from 'node:http';

/** A collector of traces that throws them away: takes any POST at the port of its first argument, and counts what came. */

let exports = 0;
let bytes = 0;

createServer((request, response) => {
  request.on('data', (part: Buffer) => (bytes += part.length));
  request.on('end', () => {
    if (request.method === 'POST') exports += 1;
    response.setHeader('content-type', 'application/json');
    response.end(request.method === 'POST' ? '{}' : JSON.stringify({ exports, bytes }));
  });
}).listen(Number(process.argv[2]), '127.0.0.1');
