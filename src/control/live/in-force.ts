/** What is in force, and what has it obeyed. */
import type { Log, Timers } from '#core/ports.ts';
import type { Plan } from '#core/plan.ts';
import type { Environment } from '../config/environment.ts';
import type { Config } from '../config/schema.ts';
import type { Revision } from './revision.ts';

/** A configuration that has become a plan, and is not in force yet. */
export interface Candidate {
  readonly plan: Plan;
  /** Why it cannot replace what is in force without a restart, as a sentence; null when it can. */
  readonly refusal: () => string | null;
  /** Has it obeyed. Resolves with whether every worker does by then. Throws only when nothing has changed. */
  publish(): Promise<boolean>;
}

/** What the workers obey. */
export interface Obedience {
  readonly plan: () => Plan;
  /** A sentence when it cannot be a plan: there is no room, a log cannot be written. */
  compile(config: Config, revision: number): Candidate | string;
}

export interface LiveOptions {
  /** The operator's file; null: what is given stands for it. */
  readonly file: string | null;
  readonly text: string;
  /** `text`, checked. */
  readonly config: Config;
  /** Where revisions are kept; null: in memory. */
  readonly stateDir: string | null;
  readonly environment: Environment;
  readonly log: Log;
  readonly timers: Timers;
  /** Called with each configuration that comes into force, but the first. */
  readonly onChange?: (config: Config, revision: Revision) => void;
}

export interface InForce {
  readonly revision: Revision;
  readonly text: string;
  readonly config: Config;
}
