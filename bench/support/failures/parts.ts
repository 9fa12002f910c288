import { setTimeout as delay } from 'node:timers/promises';
import { ask } from '../probe.ts';
import type { Target } from '../target.ts';
import type { Backend } from './backends.ts';
import type { FailurePeer } from './peers.ts';

export interface PartOptions {
  /** How long the load goes on after the trouble began. */
  readonly seconds: number;
  /** Backends that are restarted. */
  readonly restarts: number;
  readonly reloads: number;
}

/** One kind of trouble under load. */
export interface Part {
  readonly id: string;
  readonly title: string;
  readonly posts: boolean;
  /** Client errors of EdgeBalancer, at most; null: no goal. */
  readonly goal: number | null;
  /** What happens while the load runs. */
  readonly trouble: (backends: readonly Backend[], target: Target, options: PartOptions) => Promise<void>;
  /** After the load has ended: everything as it was. */
  readonly repair: (backends: readonly Backend[]) => Promise<void> | void;
}

const BEFORE_MS = 2000;
/** Four probes of half a second and something: who probes has noticed by then. */
const NOTICED_MS = 2500;
const RELOAD_EVERY_MS = 300;
const RELOAD_LIMIT_MS = 10_000;

export const PARTS: readonly Part[] = [
  {
    id: 'killed',
    title: 'one of eight backends killed (SIGKILL), GETs',
    posts: false,
    goal: 0,
    trouble: async ([victim], _, { seconds }) => {
      await delay(BEFORE_MS);
      await victim!.kill();
      await delay(seconds * 1000);
    },
    repair: ([victim]) => victim!.start(),
  },
  {
    id: 'rolling',
    title: 'backends drained and restarted one after another, GETs and POSTs',
    posts: true,
    goal: 0,
    trouble: async (backends, _, { restarts }) => {
      await delay(BEFORE_MS);
      for (const backend of backends.slice(0, restarts)) {
        await backend.drain();
        await delay(NOTICED_MS);
        await backend.leave();
        await backend.start();
        await delay(NOTICED_MS);
      }
    },
    repair: () => {},
  },
  {
    id: 'reloads',
    title: 'configuration read again and again, GETs and POSTs',
    posts: true,
    goal: 0,
    trouble: async (_, target, { reloads }) => {
      await delay(BEFORE_MS);
      for (let generation = 1; generation <= reloads; generation++) {
        await (target.peer as FailurePeer).reload(generation, target.child.pid);
        await inForce(target, generation);
        await delay(RELOAD_EVERY_MS);
      }
      await delay(BEFORE_MS);
    },
    repair: () => {},
  },
  {
    id: 'stopped',
    title: 'one of eight backends stopped (SIGSTOP), GETs',
    posts: false,
    goal: null,
    trouble: async ([victim], _, { seconds }) => {
      await delay(BEFORE_MS);
      victim!.stop();
      await delay(seconds * 1000);
    },
    repair: ([victim]) => victim!.continue(),
  },
];

/** Waits until a new connection is answered under the new configuration: a reload that was not one must not count. */
async function inForce(target: Target, generation: number): Promise<void> {
  const giveUp = performance.now() + RELOAD_LIMIT_MS;
  const wanted = new RegExp(`\\r\\nx-generation: *${generation}(?:\\r|$)`, 'i');
  for (;;) {
    const answer = await ask('127.0.0.1', target.port, '/proxy/');
    if (answer !== null && wanted.test(answer.head)) return;
    if (performance.now() > giveUp) throw new Error(`${target.title} never took its configuration ${generation}`);
    await delay(20);
  }
}
