/** The configuration that replicas share: one text with a version, and who made it. */
import type { ActorEntry } from '#contract/control.ts';

export interface SharedEntry {
  /** Counts up by one with every change, whoever makes it. */
  readonly version: number;
  readonly text: string;
  readonly by: ActorEntry;
  readonly summary: string;
  /** Hashes of operators' files that it has been said with knowledge of, the last one last. */
  readonly files: readonly string[];
}

export interface ConfigStore {
  /** Null: it is still `known`. Version 0: there is none. Rejects when the store cannot be asked. */
  read(known: number): Promise<SharedEntry | null>;
  /** Puts `entry` in the place of version `known`; false: somebody else was first. */
  claim(known: number, entry: SharedEntry): Promise<boolean>;
  /** Gives a connection up that does not answer, for a new one. */
  renew(): void;
}

export const NO_ENTRY: SharedEntry = { version: 0, text: '', by: { name: '', from: '' }, summary: '', files: [] };
