/** A configuration that has been read and found valid, and can become a plan. */
import type { Plan, SocketAddress } from '#core/plan.ts';

/** What compiling needs to know that the configuration does not say. */
export interface CompileContext {
  readonly revision: number;
  /** The slot of a backend; the same one as long as pool, id and URL stay. */
  readonly assignSlot: (pool: string, id: string, url: string) => number;
  readonly assignRouteRow: (name: string) => number;
  readonly assignPoolRow: (name: string) => number;
  readonly assignLimitRow: (name: string) => number;
  /** Where the control plane listens for the workers. */
  readonly controlSocket: string;
  /** Threads that `workers: auto` stands for. */
  readonly cpus: number;
  /** Memory that the process may have, in bytes. */
  readonly memoryBytes: number;
}

export interface Draft {
  readonly compile: (context: CompileContext) => Plan;
  /** Where the control plane listens for people; null: only on listeners with a control plane route. */
  readonly admin: SocketAddress | null;
}

/** Either a draft, or problems; each problem is a line for the operator. */
export interface Reading {
  readonly draft: Draft | null;
  readonly problems: readonly string[];
  readonly notes: readonly string[];
}

/** Reads the configuration anew. Does not throw for anything an operator may get wrong. */
export type ReadDraft = () => Promise<Reading>;
