/**
 * What one pool's source has found, and for how long it is believed. A source that fails, or finds nothing at all, says more
 * about itself than about the backends: the last good answer stays in use for `keepFor`, while health checks judge each
 * backend as ever. What has never been answered is empty.
 */
import type { Cancel, Log, Timers } from '#core/ports.ts';
import { sameMembers, settled, type Member } from './member.ts';
import type { Listener, Source } from './source.ts';

/** As the admin API shows it. `kept`: the last good answer, while the source fails. */
export type DiscoveryState = 'waiting' | 'current' | 'kept' | 'expired';

export interface DiscoveryStatus {
  readonly source: string;
  readonly state: DiscoveryState;
  readonly members: number;
  /** Milliseconds since 1970 of the last good answer; null: there was none. */
  readonly answeredAtMs: number | null;
  /** What is wrong; empty: nothing. */
  readonly problem: string;
  readonly failures: number;
}

export interface PoolDiscoveryPorts {
  readonly timers: Timers;
  readonly log: Log;
  /** Its members have changed. */
  readonly onChange: () => void;
}

export class PoolDiscovery implements Listener {
  members: readonly Member[] = [];
  readonly #pool: string;
  readonly #kind: string;
  readonly #keepForMs: number;
  readonly #ports: PoolDiscoveryPorts;
  readonly #source: Source;
  readonly #firstAnswer: () => void;
  /** Resolves with the first answer, or failure. */
  readonly asked: Promise<void>;
  #state: DiscoveryState = 'waiting';
  #answeredAtMs: number | null = null;
  #problem = '';
  #failures = 0;
  #cancelExpiry: Cancel | null = null;

  /** `keepForMs` 0: for good. */
  constructor(
    pool: string,
    kind: string,
    keepForMs: number,
    begin: (listener: Listener) => Source,
    ports: PoolDiscoveryPorts,
  ) {
    this.#pool = pool;
    this.#kind = kind;
    this.#keepForMs = keepForMs;
    this.#ports = ports;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.asked = promise;
    this.#firstAnswer = resolve;
    this.#source = begin(this);
  }

  get status(): DiscoveryStatus {
    return {
      source: this.#kind,
      state: this.#state,
      members: this.members.length,
      answeredAtMs: this.#answeredAtMs,
      problem: this.#problem,
      failures: this.#failures,
    };
  }

  answer(found: readonly Member[]): void {
    let members: readonly Member[];
    try {
      members = settled(found);
    } catch (error) {
      this.failure((error as Error).message);
      return;
    }
    if (members.length === 0) {
      this.failure('it names no backend');
      return;
    }
    const { log, timers } = this.#ports;
    this.#cancelExpiry?.();
    this.#cancelExpiry = null;
    if (this.#problem !== '') log.info({ pool: this.#pool }, `discovery of pool ${this.#pool} works again`);
    this.#problem = '';
    this.#state = 'current';
    this.#answeredAtMs = timers.wallMs();
    const changed = !sameMembers(this.members, members);
    if (changed) this.#take(members);
    this.#firstAnswer();
  }

  failure(why: string): void {
    const { log } = this.#ports;
    this.#failures += 1;
    if (this.#problem === '') {
      const then = this.members.length > 0 ? `its last ${this.members.length} backends stay in use${this.#until()}` : 'it has no discovered backends'; // prettier-ignore
      log.warn({ pool: this.#pool, why }, `discovery of pool ${this.#pool} fails: ${why}; ${then}`);
    }
    this.#problem = why;
    if (this.#state === 'current') {
      this.#state = 'kept';
      if (this.#keepForMs > 0) this.#cancelExpiry = this.#ports.timers.after(this.#keepForMs, () => this.#expire());
    }
    this.#firstAnswer();
  }

  stop(): void {
    this.#source.stop();
    this.#cancelExpiry?.();
    this.#firstAnswer();
  }

  #until(): string {
    return this.#keepForMs > 0 ? ` for ${this.#keepForMs / 1000} s` : '';
  }

  #expire(): void {
    this.#state = 'expired';
    this.#ports.log.error(
      { pool: this.#pool, why: this.#problem },
      `discovery of pool ${this.#pool} has failed for ${this.#keepForMs / 1000} s: its ${this.members.length} backends are taken out`,
    );
    this.#take([]);
  }

  #take(members: readonly Member[]): void {
    const before = this.members;
    this.members = members;
    const stay = common(before, members);
    const [added, gone] = [members.length - stay, before.length - stay];
    this.#ports.log.info(
      { pool: this.#pool, added, gone, members: members.length },
      `discovery of pool ${this.#pool}: ${added} backends added, ${gone} gone, ${members.length} in all`,
    );
    this.#ports.onChange();
  }
}

/** How many are in both, each in the order of their ids (`settled`). */
function common(before: readonly Member[], members: readonly Member[]): number {
  let stay = 0;
  for (let at = 0, other = 0; at < before.length && other < members.length;) {
    const [one, two] = [(before[at] as Member).id, (members[other] as Member).id];
    if (one === two) stay += 1;
    if (one <= two) at += 1;
    if (two <= one) other += 1;
  }
  return stay;
}
