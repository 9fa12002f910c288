/** `mcp`. */
import type { AdminOptions } from '../admin-place.ts';
import { admin, type Declare } from './declaration.ts';
import { examples } from './examples.ts';

export const mcp: Declare = (program, { io, end }) => {
  const command = admin(program.command('mcp'))
    .description('tools that read and simulate, for an agent that speaks MCP over standard input and output')
    .action(async (options: AdminOptions) => {
      await end((await import('../mcp.ts')).mcp(options, io));
    });
  examples(command, 'mcp --admin http://127.0.0.1:9090 --token-file ~/.edgebalancer-token');
};
