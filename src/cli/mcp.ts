/** `edgebalancer mcp`: the copilot's tools for another agent, over standard input and output, with the rights of the token given. */
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { toolServer } from '#control/tools/mcp-server.ts';
import type { ToolReply, ToolRequest } from '#control/tools/tool.ts';
import { withAdmin, type AdminClient } from './admin-client.ts';
import type { AdminOptions } from './admin-place.ts';
import { CommandError, ending } from './command-error.ts';
import type { Io } from './io.ts';
import { version } from './version.ts';

/** A simulation takes some seconds. */
const TIMEOUT_S = 30;

/** Ends when its input does. Standard output belongs to the protocol: whatever else is to be said goes to standard error. */
export function mcp(options: AdminOptions, io: Io): Promise<number> {
  return ending(io, () =>
    withAdmin({ timeout: TIMEOUT_S, ...options }, io, async (client) => {
      const served = serveStdio(() => toolServer((request) => run(client, request), version), {
        onerror: ({ message }) => io.stderr(`${message}\n`),
      });
      await new Promise<void>((resolve) => process.stdin.once('end', resolve).once('close', resolve));
      await served.close();
      return 0;
    }),
  );
}

/** A refusal is an answer as well: the agent reads why, and goes on. */
async function run(client: AdminClient, { method, path, query, body }: ToolRequest): Promise<ToolReply> {
  try {
    const asking = { ...(query !== undefined && { query }), ...(body !== undefined && { body }) };
    const { status, text } = await client.ask(method, path.replace(/^\//, ''), asking);
    return { status, data: JSON.parse(text) };
  } catch (error) {
    if (error instanceof CommandError) return { status: 502, data: { detail: error.message } };
    throw error;
  }
}
