/**
 * What holds up wrong tokens. 256 random bits cannot be guessed at any pace; what must be held up is the work and the noise
 * that trying makes, and a token in the environment may have been chosen by a person.
 *
 * A network (one IPv4 address, one IPv6 /64) has a few wrong ones free, as people mistype. From then on each wrong one makes
 * it wait: 1 s, 2 s, 4 s, up to a minute; wrong ones within the wait are told how much of it is left and count for nothing
 * more. After ten quiet minutes all is forgotten. Over all networks together there is an allowance too, so that many
 * addresses buy no more than one.
 *
 * A right token is never held up by any of this: otherwise whoever shares an address with an operator, or is behind the same
 * proxy, could lock the operator out.
 *
 * Bounded: the network that was quiet for longest makes room for a new one. A flood from many networks so loses its own
 * records first, and meets the allowance for all.
 */
import { networkOf } from './network.ts';

const FREE = 5;
const WAIT_MAX_S = 60;
const FORGET_MS = 600_000;
const NETWORKS_MAX = 4096;

/** Wrong ones of all networks that are told so at once; it refills at this many a second. */
const ALL_BURST = 200;
const ALL_PER_SECOND = 20;

interface Guesses {
  wrong: number;
  untilMs: number;
  lastMs: number;
}

export class GuessLimit {
  readonly #networks = new Map<string, Guesses>();
  #all = ALL_BURST;
  #allAtMs = 0;

  /** Counts a wrong token. The seconds to wait before another is looked at, 0 for none. */
  wrong(address: string, nowMs: number): number {
    const network = networkOf(address);
    const known = this.#networks.get(network);
    const fresh = known === undefined || nowMs - known.lastMs > FORGET_MS;
    const guesses = fresh ? { wrong: 0, untilMs: 0, lastMs: nowMs } : known;
    // Set anew, it becomes the last of the map's order.
    this.#networks.delete(network);
    this.#networks.set(network, guesses);
    guesses.lastMs = nowMs;
    if (this.#networks.size > NETWORKS_MAX) this.#forgetOldest();
    if (guesses.untilMs > nowMs) return Math.ceil((guesses.untilMs - nowMs) / 1000);
    if (!this.#spendOne(nowMs)) return 1;
    guesses.wrong += 1;
    if (guesses.wrong <= FREE) return 0;
    const waitS = Math.min(WAIT_MAX_S, 2 ** (guesses.wrong - FREE - 1));
    guesses.untilMs = nowMs + waitS * 1000;
    return waitS;
  }

  /** Networks that are remembered. */
  get size(): number {
    return this.#networks.size;
  }

  #forgetOldest(): void {
    for (const network of this.#networks.keys()) {
      this.#networks.delete(network);
      return;
    }
  }

  #spendOne(nowMs: number): boolean {
    const gained = ((nowMs - this.#allAtMs) * ALL_PER_SECOND) / 1000;
    this.#all = Math.min(ALL_BURST, this.#all + Math.max(0, gained));
    this.#allAtMs = nowMs;
    if (this.#all < 1) return false;
    this.#all -= 1;
    return true;
  }
}
