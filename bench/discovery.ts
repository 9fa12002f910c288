import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Balancer } from '../test/support/balancer.ts';
import { readFlags } from './support/flags.ts';
import { cpuNs } from './support/process-cost.ts';
import { publish } from './support/results.ts';
import { figure, table } from './support/table.ts';

/** What does it cost to follow thousands of backends that come and go all the time, and is any lost? */

const flags = readFlags(
  'CPU time while discovery follows a file whose backends change',
  { members: 5000, changesPerSecond: 100, seconds: 30 },
  { seconds: 8 },
);
const folder = mkdtempSync(join(tmpdir(), 'bench-discovery-'));
const path = join(folder, 'backends.json');
let from = 0;
const write = (): void => {
  const list = Array.from({ length: flags.members }, (_, at) => address(from + at));
  writeFileSync(`${path}.new`, JSON.stringify(list));
  renameSync(`${path}.new`, path);
};
const address = (at: number): string => `http://10.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}:80`;
write();
const config = {
  workers: 1,
  pools: { app: { health: null, slowStart: null, discovery: { file: { path, interval: '1s' } } } },
};
const balancer = await Balancer.start({ config });
await delay(2000);
const idle = await cost(async () => await delay(5000));
const busy = await cost(async () => {
  const end = performance.now() + flags.seconds * 1000;
  while (performance.now() < end) {
    from += flags.changesPerSecond / 2;
    write();
    await delay(500);
  }
});
await delay(10_000);
const reported = /edgebalancer_discovery_backends\{[^}]*\} (\d+)/.exec(await (await fetch(`http://127.0.0.1:${balancer.port}/metrics`)).text()); // prettier-ignore
publish(
  'discovery',
  'what it costs to follow backends that come and go',
  [
    `${flags.members} backends in a file, of which ${flags.changesPerSecond} a second are replaced by others, for ${flags.seconds} s; all threads of the process, one worker, no probes, no requests.`,
    table(
      ['', 'share of one core'],
      [
        ['nothing changes', `${figure(idle * 100)} %`],
        [`${flags.changesPerSecond} changes a second`, `${figure(busy * 100)} %`],
        ['the changes alone (goal 5 %)', `${figure((busy - idle) * 100)} %`],
      ],
    ),
    `Afterwards it knows of ${reported?.[1] ?? 'none'} of ${flags.members}.`,
  ].join('\n\n'),
  flags.write,
);
await balancer.stop();
rmSync(folder, { recursive: true });
process.exit(0);

async function cost(run: () => Promise<void>): Promise<number> {
  const beganMs = performance.now();
  const before = cpuNs(balancer.pid) / 1e6;
  await run();
  return (cpuNs(balancer.pid) / 1e6 - before) / (performance.now() - beganMs);
}
