/** Requests come whether or not earlier ones were answered: Poisson arrivals whose rate follows the scenario's phases. */
import { createPrng } from '#core/math/prng.ts';
import { mix32 } from '#core/math/hash.ts';
import type { Request } from './exchange-model.ts';
import type { PoolSketch, TrafficSketch } from './scenario.ts';
import type { World } from './world.ts';

const LISTED = 'GET';
const UNLISTED = 'POST';
/** Some ask much more often than others. */
const CLIENTS = 200;
const SILENCE_MS = 3_000_000;

export function scheduleTraffic(world: World): void {
  world.scenario.pools.forEach((pool, at) => {
    const random = createPrng(world.scenario.seed * 7919 + 1000 + at);
    const { traffic } = pool;
    const next = (): void => {
      const atMs = nextArrival(traffic, world.nowMs - world.scenario.startMs, random) + world.scenario.startMs;
      if (atMs >= world.endMs) return;
      if (atMs - world.nowMs > SILENCE_MS) world.coverage.hit('silent hour');
      world.at(atMs, () => {
        arrive(world, pool, random);
        next();
      });
    };
    next();
  });
}

function arrive(world: World, pool: PoolSketch, random: () => number): void {
  const { traffic } = pool;
  const worker = world.workers[(random() * world.workers.length) | 0]!;
  const request: Request = {
    method: random() < traffic.unsafe ? UNLISTED : LISTED,
    streamed: random() < traffic.streamed,
    long: random() < traffic.long,
    key: mix32((random() * traffic.keys) | 0),
    client: (random() ** 2 * CLIENTS) | 0,
    leavesMs: random() < traffic.leave ? world.nowMs + random() * traffic.serviceMs * 3 : Infinity,
  };
  if (request.long) world.coverage.hit('long answers');
  // A client finds another worker where one is dead: the kernel gives its connection to one that listens.
  const alive = worker.alive ? worker : world.workers.find((other) => other.alive);
  alive?.accept(pool.name, request);
}

/** When the next request comes after `afterMs`; Infinity when none does. By thinning within each phase. */
function nextArrival({ phases }: TrafficSketch, afterMs: number, random: () => number): number {
  let atMs = afterMs;
  let beginsMs = 0;
  for (const { forMs, from, to } of phases) {
    const endsMs = beginsMs + forMs;
    const most = Math.max(from, to);
    while (atMs < endsMs && most > 0) {
      const next = Math.max(atMs, beginsMs) - (1000 / most) * Math.log(1 - random());
      if (next >= endsMs) break;
      atMs = next;
      if (random() * most <= from + ((to - from) * (atMs - beginsMs)) / forMs) return atMs;
    }
    atMs = Math.max(atMs, endsMs);
    beginsMs = endsMs;
  }
  return Infinity;
}
