import { open, rename } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LOAD_CORE, PROXY_CORE, pinSelf, startChild } from './support/children.ts';
import { measurePhase, PARTS, serve, type Bench, type Part, type Phase } from './support/control/phases.ts';
import { controlReport, type Measured } from './support/control/report.ts';
import { startBalancer, startHaproxy, startNginx, type Subject } from './support/control/subjects.ts';
import { FOREIGN_MAX } from './support/disturbance.ts';
import { readFlags, wanted } from './support/flags.ts';
import { startOrigin } from './support/origin.ts';
import { makeDirectory } from './support/places.ts';
import { publish } from './support/results.ts';
import { rotated } from './support/statistics.ts';
import { figure } from './support/table.ts';

/**
 * What traffic notices of changes of the configuration, and of load on the admin API; how soon a change is obeyed.
 *
 * The same is done at the proxy that carries the traffic, and at a bystander: a second EdgeBalancer without traffic, on the
 * same core. What traffic pays for the bystander is what it would pay for any program that does this work beside it, and
 * for the client that asks; only what it pays beyond that is the proxy's own.
 */

const WARM_UP = { ms: 3000, perSecond: 8000, changes: 39 };
/** Writes of the size of a revision, in the way in which one is kept. */
const DISK_TRIES = 40;

const flags = readFlags(
  'traffic while the configuration is changed, and while the admin API is asked much',
  {
    rounds: 3,
    good: 64,
    perSecond: 1000,
    seconds: 4,
    workers: 2,
    backends: 8,
    parts: [...PARTS],
    peers: ['haproxy', 'nginx'],
    repeats: 0,
  },
  { rounds: 1, seconds: 2 },
);
pinSelf(LOAD_CORE);
const origin = await startOrigin(flags.backends);
const script = join(import.meta.dirname, 'support/slow-clients/good-process.ts');
const good = startChild({ file: process.execPath, args: [script] }, makeDirectory('good'), LOAD_CORE, true);
/** With two workers, or threads, on one core HAProxy's p99 is many times what it is with one: each peer is at its best. */
const PEER_WORKERS = 1;
const options = { backends: origin.backends, core: PROXY_CORE, workers: flags.workers, connectionsMax: 200 };
const balancer = await startBalancer('EdgeBalancer', options);
const bystander = await startBalancer('a bystander', options);
const peers: Subject[] = [];
if (wanted(flags.peers, 'haproxy')) peers.push(await startHaproxy({ ...options, workers: PEER_WORKERS }));
if (wanted(flags.peers, 'nginx')) peers.push(await startNginx({ ...options, workers: PEER_WORKERS }));
const subjects = [balancer, bystander, ...peers];
const bench: Bench = {
  good,
  clients: flags.good,
  perSecond: flags.perSecond,
  seconds: flags.seconds,
  pids: [process.pid, origin.child.pid, good.pid, ...subjects.map(({ target }) => target.child.pid)],
};
// What asks the admin API must not be what the good clients wait for: it gives way on the core that both use.
setPriority(19);
const measured = plan();
for (const { carrier } of measured.filter(({ part }) => part === null))
  await serve({ ...bench, perSecond: WARM_UP.perSecond }, carrier, () => delay(WARM_UP.ms));
const first: number[] = [];
for (const one of [balancer, bystander]) first.push(...(await warmChanges(one)));
const disk: number[] = [];
for (let round = 0; round < flags.rounds; round++) {
  disk.push(...(await timeDisk(makeDirectory('disk'))));
  for (const one of rotated(measured, round * 3)) one.phases.push(await measure(one, round));
}
publish(
  'control',
  'traffic beside changes and load on the admin API',
  controlReport({ measured, disk, first, flags }),
  flags.write,
  'live-changes',
);
process.exit(0);

/** Everything that one round measures. */
function plan(): Measured[] {
  const parts = PARTS.filter((one) => wanted(flags.parts, one));
  const list: Measured[] = [];
  const add = (carrier: Subject, part: Part | null, asked: Subject | null): void =>
    void list.push({ carrier, part, asked, phases: [] });
  add(balancer, null, null);
  for (const part of parts) {
    add(balancer, part, bystander);
    add(balancer, part, balancer);
  }
  for (const peer of peers) {
    add(peer, null, null);
    for (const part of parts) {
      // Figures of a peer are open to whoever reaches them: a wrong token is a read there.
      if (part === 'reads' || (part === 'changes' && peer.change !== null)) add(peer, part, peer);
    }
  }
  return list;
}

/** A disturbed phase is repeated, a few times at most, and the least disturbed kept. */
async function measure({ carrier, part, asked }: Measured, round: number): Promise<Phase> {
  let best: Phase | null = null;
  for (let attempt = 0; attempt <= flags.repeats && (best === null || best.foreign > FOREIGN_MAX); attempt++) {
    const phase = await measurePhase(bench, carrier, part, asked);
    const what = part === null ? 'nothing' : `${part} at ${asked?.title}`;
    console.error(
      `round ${round + 1}, ${carrier.title} beside ${what}: p99 ${figure(phase.traffic.p99)} ms, CPU ${figure(phase.cpuMs)} ms/s (${phase.foreign.toFixed(2)} of a core was others')`,
    );
    if (best === null || phase.foreign < best.foreign) best = phase;
  }
  return best!;
}

/** The code of a change is compiled by making some. Resolves with what the very first after a start has taken. */
async function warmChanges({ change }: Subject): Promise<number[]> {
  if (change === null) return [];
  const firstMs = await change(0);
  for (let at = 1; at <= WARM_UP.changes; at++) await change(at);
  return [firstMs];
}

/** Milliseconds of each write that cannot be lost: a new file, renamed, and its directory, each behind an fsync. */
async function timeDisk(directory: string): Promise<number[]> {
  const times: number[] = [];
  for (let turn = 0; turn < DISK_TRIES; turn++) {
    const begunMs = performance.now();
    const file = await open(join(directory, 'new'), 'w');
    await file.writeFile('x'.repeat(2000));
    await file.sync();
    await file.close();
    await rename(join(directory, 'new'), join(directory, 'kept'));
    const above = await open(directory, 'r');
    await above.sync();
    await above.close();
    times.push(performance.now() - begunMs);
  }
  return times;
}
