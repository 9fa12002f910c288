/**
 * Whoever is told to wait a second is made to wait: the answer 429 comes a second later, and nothing more is read from its
 * connection until then. Clients that ask on and on, whatever they are answered, so ask once a second for each connection
 * that they may have, and not as often as the supervisor can say no. It says no on a core that workers share.
 *
 * Not for requests that came through a worker: its connections are for everybody's requests, and one that waits would be taken
 * from the others. The listeners' own rate limits stand before those.
 *
 * Bounded: when as many answers are held as may be, the others are given at once.
 */
import type { Socket } from 'node:net';
import type { Cancel, Timers } from '#core/ports.ts';
import type { Arrival } from '../auth/caller.ts';

/** The time that `Retry-After: 1` names. */
const HOLD_MS = 1000;
/** Half of the connections that there may be; each has one request at a time, but for those that were sent ahead. */
const HELD_MAX = 256;

export class HeldAnswers {
  readonly #timers: Timers;
  readonly #held = new Set<Cancel>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Calls `answer`, which refuses a request that came on `socket`, when it is time. */
  hold(socket: Socket, by: Arrival['by'], answer: () => void): void {
    if (by !== 'own' || this.#held.size >= HELD_MAX) return answer();
    // Node's server reads on once the message that is being read is whole: after this call.
    process.nextTick(() => socket.pause());
    const cancel = this.#timers.after(HOLD_MS, () => {
      this.#held.delete(cancel);
      socket.resume();
      answer();
    });
    this.#held.add(cancel);
  }

  /** Those that are held are never given: their connections are about to be closed. */
  close(): void {
    for (const cancel of this.#held) cancel();
    this.#held.clear();
  }
}
