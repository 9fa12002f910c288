/** `run`, `check`, `schema` and `demo`: what needs no running EdgeBalancer. */
import { InvalidArgumentError } from 'commander';
import type { Declare } from './declaration.ts';
import { examples } from './examples.ts';

const FILE = 'edgebalancer.yaml';

export const run: Declare = (program, { end }) => {
  const command = program
    .command('run')
    .argument('[file]', 'configuration', FILE)
    .description('run; SIGTERM drains and exits 0, SIGHUP reloads')
    .action(async (file: string) => end((await import('../run.ts')).run(file)));
  examples(command, 'run', 'run /etc/edgebalancer/edgebalancer.yaml');
};

export const check: Declare = (program, { io, end }) => {
  const command = program
    .command('check')
    .argument('[file]', 'configuration', FILE)
    .description('say everything that is wrong with a configuration, with its place')
    .action(async (file: string) => end((await import('../check.ts')).check(file, io)));
  examples(command, 'check edgebalancer.yaml');
};

export const schema: Declare = (program, { io, end }) => {
  const command = program
    .command('schema')
    .description('the JSON Schema of the configuration, for editors')
    .action(async () => end((await import('../schema.ts')).schema(io)));
  examples(command, 'schema > edgebalancer.schema.json');
};

export const demo: Declare = (program, { end }) => {
  const command = program
    .command('demo')
    .option('--config <file>', 'run this configuration instead')
    .option('--port <number>', 'where the demo listens (default 8080)', portNumber)
    .description('a live demo: small backends, gentle traffic, the dashboard; what npm start runs')
    .action(async (options: { config?: string; port?: number }) => end((await import('../demo.ts')).demo(options)));
  examples(command, 'demo --port 8081');
};

function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('It must be a number from 0 to 65535.');
  return port;
}
