/**
 * How many may listen at a time, and to whom places go. A stream costs the supervisor a connection and what
 * waits in it (event-stream.ts), so there is an end to them; and nobody gets all of them: one token (one network, where
 * reading is public) has a share, and whoever shows no token leaves some for those who do.
 */

/** More dashboards than a team has open. Frames are shared, so memory is little more than one stream's at worst. */
export const SUBSCRIBERS_MAX = 128;
/** Of one token or network: a team that shares one has a browser or two each. */
export const EACH_MAX = 32;
/** Of all that show no token. */
export const NOBODIES_MAX = 64;

/** Who listens. */
export interface Owner {
  /** A token's hash, or a network. */
  readonly key: string;
  readonly known: boolean;
}

export class Places {
  readonly #each = new Map<string, number>();
  #nobodies = 0;
  #all = 0;

  /** False: there is none left for this owner. */
  take({ key, known }: Owner): boolean {
    const own = this.#each.get(key) ?? 0;
    if (this.#all >= SUBSCRIBERS_MAX || own >= EACH_MAX || (!known && this.#nobodies >= NOBODIES_MAX)) return false;
    this.#each.set(key, own + 1);
    this.#all += 1;
    if (!known) this.#nobodies += 1;
    return true;
  }

  leave({ key, known }: Owner): void {
    const left = (this.#each.get(key) ?? 0) - 1;
    if (left <= 0) this.#each.delete(key);
    else this.#each.set(key, left);
    this.#all -= 1;
    if (!known) this.#nobodies -= 1;
  }
}
