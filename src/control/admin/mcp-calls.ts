/** The tools over the Model Context Protocol's streamable HTTP, without sessions: each request stands for itself, under its own token. */
import { Readable } from 'node:stream';
import { z } from 'zod';
import { text } from './answer.ts';
import { call, type AnyCall } from './call.ts';
import { askWithin } from './within.ts';

/** What the protocol looks at in a request; a token is none of its business. */
const FIELDS = ['accept', 'content-type', 'mcp-protocol-version', 'mcp-session-id', 'mcp-method', 'mcp-name'];
/** Any: the gate has looked at the real one's Origin, and the handler asks for an absolute address only. */
const ADDRESS = 'http://localhost/admin/mcp';

export const MCP_CALLS: readonly AnyCall[] = [
  call({
    method: 'POST',
    path: '/admin/mcp',
    id: 'callTools',
    tag: 'Copilot',
    summary: 'Tools that read and simulate, over the Model Context Protocol (JSON-RPC 2.0)',
    access: 'read',
    body: z.union([z.looseObject({}), z.array(z.looseObject({})).max(100)]),
    gives: {
      200: {
        says: 'The answer, as JSON or as a stream of events',
        schema: z.looseObject({}),
        types: ['application/json', 'text/event-stream'],
      },
      202: { says: 'Taken; there is nothing to answer', schema: null },
    },
    run: async (asked) => {
      const [{ createMcpHandler }, { toolServer }] = await Promise.all([
        import('@modelcontextprotocol/server'),
        import('../tools/mcp-server.ts'),
      ]);
      const handler = createMcpHandler(() => toolServer((request) => askWithin(asked, request), asked.api.version));
      const headers = new Headers();
      for (const name of FIELDS) {
        const value = asked.headers[name];
        if (typeof value === 'string') headers.set(name, value);
      }
      const body = JSON.stringify(asked.body);
      const reply = await handler.fetch(new Request(ADDRESS, { method: 'POST', headers, body }), {
        parsedBody: asked.body,
      });
      const type = reply.headers.get('content-type') ?? '';
      const stream = reply.body === null ? '' : Readable.fromWeb(reply.body as never);
      return { ...text(type, stream, { 'cache-control': 'no-store' }), status: reply.status };
    },
  }),
];
