import type { Command } from '../children.ts';

/** What a target is to do; each peer turns it into a configuration of its own. */
export interface Task {
  /** A directory for its files alone. */
  readonly directory: string;
  /** Listens on 127.0.0.1 at this port and forwards `/proxy/…` as `/…`. */
  readonly port: number;
  /** A second port, for those that need one (administration, statistics). */
  readonly adminPort: number;
  /** `host:port` of each. Peers that know of only one take the first. */
  readonly backends: readonly string[];
  readonly workers: number;
  /** Clients to expect at most. */
  readonly connectionsMax: number;
  /** PEM files: clients come by TLS. Undefined: in the clear. */
  readonly tls?: TlsFiles | undefined;
}

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** Both in one, as HAProxy wants them. */
  readonly both: string;
}

/** A proxy to measure. */
export interface Peer {
  readonly id: string;
  readonly title: string;
  /** Whether it is configured to do all the work that EdgeBalancer does. */
  readonly full: boolean;
  /** Writes what it needs into the task's directory and says how to start it. */
  readonly prepare: (task: Task) => Command;
}
