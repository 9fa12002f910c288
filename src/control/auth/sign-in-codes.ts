/**
 * Codes of sign-in links: good for one sign-in within ten minutes. A link carries its code in the fragment, which browsers
 * do not send, so that it is in no access log of any proxy on the way.
 */
import { randomBytes } from 'node:crypto';
import { hashToken } from './token.ts';

const CODE_BYTES = 24;
const CODE_MS = 600_000;
/** One is made at start; more than a few would be a mistake. */
const CODES_MAX = 16;

export class SignInCodes {
  readonly #codes = new Map<string, { readonly tokenHash: string; readonly untilMs: number }>();

  /** A new code for whoever has the token with this hash. */
  make(tokenHash: string, nowMs: number): string {
    const code = randomBytes(CODE_BYTES).toString('base64url');
    this.#codes.set(hashToken(code), { tokenHash, untilMs: nowMs + CODE_MS });
    if (this.#codes.size > CODES_MAX) for (const oldest of this.#codes.keys()) if (this.#codes.delete(oldest)) break;
    return code;
  }

  /** The hash of the token that the code stands for, once; null: unknown, used, or too old. */
  use(code: string, nowMs: number): string | null {
    const key = hashToken(code);
    const found = this.#codes.get(key);
    this.#codes.delete(key);
    return found === undefined || nowMs >= found.untilMs ? null : found.tokenHash;
  }
}
