import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';

// A reverse proxy with fast-proxy. Arguments: port, backend.

type Library = (options: object) => {
  proxy(request: IncomingMessage, response: ServerResponse, source: string, options: object): void;
};

const [port, backend] = process.argv.slice(2) as [string, string];
const require = createRequire(`${process.env['BENCH_PEER_MODULES']}/`);
const fastProxy = require('fast-proxy') as Library;
const forwarder = fastProxy({ base: `http://${backend}`, maxFreeSockets: 4096, maxSockets: Infinity });

const server = createServer((request, response) => {
  forwarder.proxy(request, response, request.url!.slice('/proxy'.length), {});
});
server.keepAliveTimeout = 75_000;
server.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 });
