/** A live configuration without workers: what it does to the state directory and the file is real. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { ChangeRequest, ChangeResult } from '#control/admin/ports.ts';
import { compile } from '#control/config/compile.ts';
import { patchBackend } from '#control/config/edits.ts';
import { loadConfig } from '#control/config/load.ts';
import type { Config } from '#control/config/schema.ts';
import type { Obedience } from '#control/live/in-force.ts';
import { LiveConfig } from '#control/live/live-config.ts';
import type { Plan } from '#core/plan.ts';
import { temporaryDirectory } from './program.ts';
import { LogRecord, VirtualTimers } from './virtual-timers.ts';

export const FILE = `# ours
pools:
  app:
    backends:
      - { id: a, url: "http://\${HOST}:1", weight: 1 } # first
      - { id: b, url: http://b:1 }
`;
export const ENV = { HOST: 'h' };

/** Workers as far as the configuration knows them. */
export class Workers implements Obedience {
  current: Plan;
  /** Set: what the next publish does instead. */
  fails: Error | null = null;
  published: number[] = [];
  refusal: string | null = null;

  constructor(config: Config, revision: number) {
    this.current = planOf(config, revision);
  }

  plan(): Plan {
    return this.current;
  }

  compile(config: Config, revision: number) {
    const plan = planOf(config, revision);
    return {
      plan,
      refusal: () => this.refusal,
      publish: () => {
        if (this.fails !== null) throw this.fails;
        this.current = plan;
        this.published.push(plan.revision);
        return Promise.resolve(true);
      },
    };
  }
}

export function planOf(config: Config, revision: number): Plan {
  return compile(config, {
    revision,
    assignSlot: () => 0,
    assignRouteRow: () => 1,
    assignPoolRow: () => 0,
    assignLimitRow: () => 0,
    controlSocket: '/c',
    cpus: 1,
    memoryBytes: 1,
  });
}

export interface House {
  readonly live: LiveConfig;
  readonly workers: Workers;
  readonly log: LogRecord;
}

export interface Place {
  readonly dir: string | null;
  readonly file: string | null;
}

/** As a start does it: the file as it is now, the state directory as it was left. */
export async function start(t: TestContext, { dir, file }: Place, text = FILE): Promise<House> {
  if (file !== null) writeFileSync(file, text);
  const log = new LogRecord();
  const live = await LiveConfig.open({
    file,
    text,
    config: read(text),
    stateDir: dir,
    environment: ENV,
    log,
    timers: new VirtualTimers(),
  });
  t.after(() => live.close());
  const workers = new Workers(live.config, live.revision);
  await live.serve(workers);
  return { live, workers, log };
}

export function read(text: string): Config {
  const { config, problems } = loadConfig(text, 'f', ENV);
  assert.ok(config, JSON.stringify(problems));
  return config;
}

export function place(t: TestContext): { dir: string; file: string } {
  const home = temporaryDirectory(t);
  return { dir: join(home, 'state'), file: join(home, 'eb.yaml') };
}

export const ACTOR = { name: 'ci', role: 'operator', from: '127.0.0.1' } as const;
export const change = (
  live: LiveConfig,
  edit: ChangeRequest['edit'],
  more: Partial<ChangeRequest> = {},
): Promise<ChangeResult> =>
  live.change({ actor: ACTOR, summary: 'a change', ifMatch: null, dryRun: false, edit, ...more });
export const weight = (value: number) => (document: Parameters<ChangeRequest['edit']>[0]) =>
  void patchBackend(document, 'app', 'a', { weight: value });
export const weightOf = (live: LiveConfig): number | undefined => live.config.pools.app?.backends[0]?.weight;
export function done(result: ChangeResult): Extract<ChangeResult, { kind: 'done' }> {
  assert.equal(result.kind, 'done', JSON.stringify(result));
  return result as Extract<ChangeResult, { kind: 'done' }>;
}
