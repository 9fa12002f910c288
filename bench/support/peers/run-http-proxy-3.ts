import { Agent, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

// A reverse proxy with http-proxy-3, as its documentation shows it, with the two settings that matter for speed: an
// agent that keeps connections, and X-Forwarded-* by its own option. Arguments: port, backend.

interface Library {
  createProxyServer(options: object): {
    web(request: IncomingMessage, response: ServerResponse): void;
    on(event: 'error', listener: (error: Error, request: IncomingMessage, response: ServerResponse) => void): void;
  };
}

const [port, backend] = process.argv.slice(2) as [string, string];
const require = createRequire(`${process.env['BENCH_PEER_MODULES']}/`);
const library = (await import(pathToFileURL(require.resolve('http-proxy-3')).href)) as Library;
const agent = new Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: 4096 });
const proxy = library.createProxyServer({ target: `http://${backend}`, agent, xfwd: true });
proxy.on('error', (_error, _request, response) => response.writeHead?.(502).end());

const server = createServer((request, response) => {
  request.url = request.url!.slice('/proxy'.length);
  proxy.web(request, response);
});
server.keepAliveTimeout = 75_000;
server.maxRequestsPerSocket = 0;
server.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 });
