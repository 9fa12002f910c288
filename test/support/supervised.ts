/** A whole balancer inside a test: supervisor, workers, and a configuration as a file would say it. */
import type { TestContext } from 'node:test';
import { draftOf } from '#supervisor/file-source.ts';
import type { Draft } from '#supervisor/draft.ts';
import { Supervisor, type SupervisorOptions } from '#supervisor/supervisor.ts';
import { LogRecord } from './virtual-timers.ts';

export interface Settings {
  readonly workers?: number;
  readonly strategy?: string;
  /** Null: no probes. */
  readonly health?: object | null;
  readonly slowStart?: string;
  readonly backends: readonly (string | { id: string; url: string; weight?: number })[];
  /** Port of the listener. */
  readonly port?: number;
  readonly admin?: string | null;
  /** In place of the one on `port`. */
  readonly listeners?: readonly object[];
  /** More of the section `admin`. Unless it says otherwise, figures can be read without a token. */
  readonly adminSettings?: object;
  /** The access log; none unless given. */
  readonly access?: object | null;
  /** Which requests are recorded; as the product has it unless given. */
  readonly requests?: object | null;
  /** The section `copilot`. */
  readonly copilot?: object;
  /** More of the section `state`. */
  readonly stateSettings?: object;
  /** More of the section of the pool. */
  readonly pool?: object;
  /** Sections in place of those above. */
  readonly sections?: object;
}

/** As a user would write it: `/proxy/` to the pool `app`, the rest to the control plane. */
export function configOf(settings: Settings): object {
  const {
    workers = 1,
    strategy = 'round-robin',
    health = null,
    slowStart = null,
    backends,
    port = 0,
    admin = null,
    adminSettings = {},
    listeners = [{ address: `127.0.0.1:${port}` }],
    access = null,
    requests,
    copilot,
    pool = {},
    stateSettings = {},
    sections = {},
  } = settings;
  return {
    workers,
    listeners,
    state: { dir: null, ...stateSettings },
    admin: { address: admin, publicRead: true, ...adminSettings },
    log: { access },
    ...(requests !== undefined && { requests }),
    ...(copilot !== undefined && { copilot }),
    // Tests ask more often than the built-in limit allows.
    rateLimits: { 'per-client': null },
    pools: { app: { strategy, health, slowStart, backends, ...pool } },
    ...sections,
  };
}

export async function draftFrom(
  config: object,
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<Draft> {
  const { draft, problems } = await draftOf(JSON.stringify(config), 'test', env);
  if (draft === null) throw new Error(problems.join('\n'));
  return draft;
}

export interface Supervised {
  readonly supervisor: Supervisor;
  readonly port: number;
  readonly log: LogRecord;
}

/** Starts it, and stops it when the test is over. */
export async function supervise(
  t: Pick<TestContext, 'after'>,
  settings: Settings,
  options: Partial<SupervisorOptions> = {},
): Promise<Supervised> {
  const log = new LogRecord();
  const supervisor = new Supervisor({
    draft: await draftFrom(configOf(settings), options.env),
    log,
    announce: () => {},
    ...options,
  });
  t.after(() => supervisor.stop());
  await supervisor.start();
  return { supervisor, port: supervisor.ports['public'] as number, log };
}
