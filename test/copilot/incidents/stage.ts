/** A running balancer with load on it, to which something is done, and what the copilot then says. */
import type { CopilotAnswer, Finding } from '#contract/copilot.ts';
import { Supervisor } from '#supervisor/supervisor.ts';
import { ask } from '../../support/origin.ts';
import { draftFrom } from '../../support/supervised.ts';
import { until } from '../../support/until.ts';
import { LogRecord } from '../../support/virtual-timers.ts';
import { BackendProcess } from '../../faults/support/backend-process.ts';
import { USUAL, type Behaviour } from '../../faults/support/behaviour.ts';
import { Load } from '../../faults/support/load.ts';

/** What the copilot looks back on: the same rules as ever, with a short past. */
export const WINDOW_MS = 1200;
const BACKENDS = ['a', 'b', 'c'];
/** Windows of load before anything is done, and after it. */
const WARM_WINDOWS = 2.2;
const FAULT_WINDOWS = 1.3;
/** What `load.sent` waits for comes by the clock, however busy the machine is. */
const LIMIT_MS = 60_000;

export interface Scene {
  readonly name: string;
  /** The rule that must come first, and the backend that it must name; null: nothing is wrong. */
  readonly expects: { readonly rule: string; readonly backend?: string } | null;
  readonly perSecond?: number;
  readonly connections?: number;
  /** How backends behave from the start, all of them or by id. */
  readonly from?: Partial<Behaviour>;
  readonly each?: Readonly<Record<string, Partial<Behaviour>>>;
  /** More of the pool, the route, the listener, a backend, the whole configuration. */
  readonly pool?: object;
  readonly route?: object;
  readonly listener?: object;
  readonly backend?: Readonly<Record<string, object>>;
  readonly config?: object;
  readonly backends?: number;
  /** Windows of load before the fault, when others are wanted. */
  readonly warm?: number;
  readonly after?: number;
  readonly fault?: (stage: Stage) => Promise<void>;
  /** What the next scene must not find. */
  readonly undo?: (stage: Stage) => Promise<void>;
}

export interface Stage {
  readonly supervisor: Supervisor;
  readonly backends: Readonly<Record<string, BackendProcess>>;
  /** Waits until so many windows' worth of requests were sent. */
  readonly pass: (windows: number) => Promise<void>;
}

export interface Staged {
  readonly scene: Scene;
  readonly findings: readonly Finding[];
  readonly isRight: boolean;
}

interface Ends {
  after(end: () => unknown): void;
}

/** Backends that scenes share, one after another. */
export async function openLane(ends: Ends): Promise<readonly BackendProcess[]> {
  return Promise.all(BACKENDS.map((id) => BackendProcess.start(ends, id)));
}

export async function play(scene: Scene, lane: readonly BackendProcess[]): Promise<Staged> {
  const ends: (() => unknown)[] = [];
  try {
    return await played(scene, lane, { after: (end) => void ends.push(end) });
  } finally {
    for (const end of ends.reverse()) await end();
    for (const backend of lane) if (!backend.alive) await backend.restart();
  }
}

async function played(scene: Scene, lane: readonly BackendProcess[], ends: Ends): Promise<Staged> {
  const { perSecond = 120, connections = 12, warm = WARM_WINDOWS, after = FAULT_WINDOWS } = scene;
  const used = lane.slice(0, scene.backends ?? BACKENDS.length);
  for (const backend of used) await backend.set({ ...USUAL, ...scene.from, ...scene.each?.[backend.id] });
  const supervisor = new Supervisor({
    draft: await draftFrom(configOf(scene, used)),
    log: new LogRecord(),
    announce: () => {},
  });
  ends.after(() => supervisor.stop());
  await supervisor.start();
  const port = supervisor.ports['public'] as number;
  const load = Load.start(ends, { port, perSecond, connections });
  const pass = async (windows: number): Promise<void> => {
    const wanted = load.sent + Math.ceil((windows * WINDOW_MS * perSecond) / 1000);
    await until(`${wanted} requests to be sent`, () => load.sent >= wanted, LIMIT_MS);
  };
  const stage = { supervisor, backends: Object.fromEntries(lane.map((backend) => [backend.id, backend])), pass };
  ends.after(() => scene.undo?.(stage));
  await pass(warm);
  await scene.fault?.(stage);
  await pass(after);
  const findings = await findingsAt(supervisor);
  return { scene, findings, isRight: judge(scene, findings) };
}

/** Through the listener where it takes connections; one that is full has the control plane on another. */
async function findingsAt(supervisor: Supervisor): Promise<readonly Finding[]> {
  const port = supervisor.ports['control'] as number;
  const { status, body } = await ask(port, '/admin/copilot');
  if (status !== 200) throw new Error(`the copilot answers ${status}: ${body}`);
  return (JSON.parse(body) as CopilotAnswer).findings;
}

function judge({ expects }: Scene, findings: readonly Finding[]): boolean {
  const [first] = findings;
  if (expects === null) return first === undefined;
  return first?.rule === expects.rule && (expects.backend === undefined || first.place.backend === expects.backend);
}

function configOf(scene: Scene, used: readonly BackendProcess[]): object {
  const { pool, route, listener, backend, config } = scene;
  return {
    workers: 2,
    listeners: [
      { name: 'public', address: '127.0.0.1:0', ...listener },
      { name: 'control', address: '127.0.0.1:0' },
    ],
    state: { dir: null },
    admin: { address: null, publicRead: true },
    log: { access: null },
    requests: null,
    rateLimits: { 'per-client': null },
    copilot: { window: `${WINDOW_MS}ms` },
    routes: [
      { name: 'app', match: { path: '/proxy/' }, stripPrefix: '/proxy', rateLimits: [], pool: 'app', ...route },
      { name: 'control', match: { path: '/' }, controlPlane: true },
    ],
    pools: {
      app: {
        strategy: 'adaptive',
        slowStart: null,
        health: { interval: '400ms', unhealthyAfter: 2, healthyAfter: 1 },
        backends: used.map(({ id, url }) => ({ id, url, ...backend?.[id] })),
        ...pool,
      },
    },
    ...config,
  };
}
