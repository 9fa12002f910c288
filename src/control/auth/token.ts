/**
 * Tokens that the product makes: 256 random bits, so that nobody guesses one however often they try. That is why one
 * SHA-256 is enough to keep them by: a slow hash protects secrets that people choose, and would let a flood of wrong
 * tokens burn the processor. docs/decisions/0016-tokens-are-random.md.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const PREFIX = 'eb_';
const TOKEN_BYTES = 32;
/** Nobody's token is longer; what is, is not hashed. */
export const TOKEN_LENGTH_MAX = 512;
/** What the environment's token must have: 24 characters of base64 are 144 bits. */
export const CHOSEN_LENGTH_MIN = 24;

const HASH = /^sha256:[0-9a-f]{64}$/;

export function newToken(): string {
  return PREFIX + randomBytes(TOKEN_BYTES).toString('base64url');
}

/** `sha256:` and 64 hexadecimal digits, as it is kept. */
export function hashToken(token: string): string {
  return `sha256:${createHash('sha256').update(token, 'utf8').digest('hex')}`;
}

export function isTokenHash(text: string): boolean {
  return HASH.test(text);
}

/** Takes as long whatever the first difference is. Both are hashes as `hashToken` makes them. */
export function sameHash(a: string, b: string): boolean {
  const left = Buffer.from(a, 'latin1');
  const right = Buffer.from(b, 'latin1');
  return left.length === right.length && timingSafeEqual(left, right);
}

/** The audit names who changed what by the token's name; these stand for no token, or for the environment's. */
export const RESERVED_TOKEN_NAMES: readonly string[] = ['environment', 'start', 'file', 'signal'];
