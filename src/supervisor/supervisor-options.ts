/** What a supervisor is given. Ports that are left out are the process's own. */
import type { Environment } from '#control/config/environment.ts';
import type { Log, Random, Timers } from '#core/ports.ts';
import type { Resolve } from '#discovery/resolve.ts';
import type { Probe } from '#probes/probe.ts';
import type { Transition } from '#probes/prober.ts';
import type { ControlPlaneOptions } from './control-plane.ts';
import type { Draft, ReadDraft } from './draft.ts';
import type { Spawn } from './worker-handle.ts';

export interface SupervisorOptions {
  readonly draft: Draft;
  /** Reads the configuration anew for `reload()`; without it there is nothing to read. */
  readonly read?: ReadDraft;
  /** The file that it was read from: its changes reload, and what is changed live may be saved into it. */
  readonly file?: string;
  /** Where what must survive a restart is kept (`state.dir`); null, and when left out: in memory. */
  readonly stateDir?: string | null;
  /** What references of the configuration are read from, and EDGEBALANCER_ADMIN_TOKEN. */
  readonly env?: Environment;
  readonly log: Log;
  /** Called with `log.level` whenever that changes. */
  readonly onLogLevel?: (level: string) => void;
  /** Told of the operator's token that a first start makes. */
  readonly announce?: ControlPlaneOptions['announce'];
  readonly version?: string;
  /** Called for each change of a backend's health. */
  readonly onTransition?: (transition: Transition) => void;
  /** What `workers: auto` stands for. */
  readonly cpus?: number;
  readonly timers?: Timers;
  readonly random?: Random;
  readonly spawn?: Spawn;
  readonly probe?: Probe;
  readonly resolve?: Resolve;
}
