/**
 * Who may have a request recorded by asking for it in its head (`x-edgebalancer-explain`): whoever holds an operator's token.
 * A worker knows the SHA-256 of each, which the supervisor sends it whenever they change, and never a token. Tokens are random
 * (docs/decisions/0016-tokens-are-random.md), so their hashes are of no use to whoever could read them here.
 *
 * A wrong one is answered in no way: the request goes on as if it had not asked. That leaves guessing nothing to learn but
 * whether a record is there later, for which the admin API wants a token; and checks are bounded, so that a flood of wrong ones
 * costs no more than CHECKS_PER_SECOND hashes a second.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

/** A person asks once in a while. */
const CHECKS_PER_SECOND = 20;
const SECOND_MS = 1000;
/** As of the admin API's own tokens (control/auth/token.ts). */
const TOKEN_LENGTH_MAX = 512;

/** A token's hash as 64 hexadecimal digits, and when it ends, in milliseconds since 1970; null: never. */
export interface ExplainKey {
  readonly sha256: string;
  readonly expiresMs: number | null;
}

export class ExplainKeys {
  readonly #wallMs: () => number;
  #keys: readonly { readonly hash: Buffer; readonly expiresMs: number | null }[] = [];
  #secondEndsMs = -Infinity;
  #left = 0;

  constructor(wallMs: () => number) {
    this.#wallMs = wallMs;
  }

  /** These are all there are from now on. */
  know(keys: readonly ExplainKey[]): void {
    this.#keys = keys.map(({ sha256, expiresMs }) => ({ hash: Buffer.from(sha256, 'hex'), expiresMs }));
  }

  /** Whether `buf[start, end)` is a token that may ask. Takes as long whichever it is not. */
  fits(buf: Buffer, start: number, end: number, nowMs: number): boolean {
    if (nowMs >= this.#secondEndsMs) {
      this.#secondEndsMs = nowMs + SECOND_MS;
      this.#left = CHECKS_PER_SECOND;
    }
    if (this.#left === 0 || end === start || end - start > TOKEN_LENGTH_MAX) return false;
    this.#left -= 1;
    const hash = createHash('sha256').update(buf.subarray(start, end)).digest();
    const wallMs = this.#wallMs();
    let fits = false;
    for (const key of this.#keys) {
      const same = timingSafeEqual(key.hash, hash);
      if (same && (key.expiresMs === null || wallMs < key.expiresMs)) fits = true;
    }
    return fits;
  }
}
