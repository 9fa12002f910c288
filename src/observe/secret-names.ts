/**
 * Which parameters of a target hold a secret, judged by their name alone. A log is read by more people than a request, kept
 * for longer, and sent elsewhere; a value that was kept out by mistake costs little, one that was let in cannot be taken back.
 * So the rule errs towards secrecy:
 *
 * - A name is read as a backend would read it: percent-escapes decoded, letters of either case, `_`, `-`, `.`, brackets and
 *   the humps of camelCase between its words (`api_key`, `apiKey`, `user[password]`).
 * - One secret word is enough (`key`, `code`, `sig`, …): `sort_key` is hidden too, `keyword` and `encode` are not.
 * - Longer words are found anywhere (`accesstoken`, `jsessionid`).
 * - A name that is too long to judge is taken for secret.
 */

/** Names beyond this are not judged. */
const NAME_BYTES_MAX = 64;

const WORDS =
  'key apikey pass passwd pwd pin auth oauth sig hmac code session sess sid jwt bearer otp totp cookie csrf xsrf assertion ' +
  'ticket saml samlrequest samlresponse';
const ANYWHERE =
  'token secret password passwd passphrase passcode signature apikey credential session sessid authoriz jwt';

const UNDERSCORE = 0x5f;
const PERCENT = 0x25;

/** FNV-1a's offset basis. */
const HASH_START = 0x811c9dc5 | 0;
const secretWords: ReadonlySet<number> = new Set(WORDS.split(' ').map(hashOf));
const secretParts: readonly Uint8Array[] = ANYWHERE.split(' ').map((word) => Buffer.from(word, 'latin1'));

/** The name that is being judged: lower case, words parted by `_`. */
const plain = new Uint8Array(2 * NAME_BYTES_MAX);

/**
 * Names judged lately, each in a place that its hash decides: an application has few, and a name found again takes a fifth of
 * the time. A name is known only when all its bytes are those that were judged.
 */
const PLACES = 256;
const names = new Uint8Array(PLACES * NAME_BYTES_MAX);
const lengths = new Uint8Array(PLACES);
const verdicts = new Uint8Array(PLACES);

/** Whether the parameter named `source[start, end)` holds a secret. */
export function isSecretName(source: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length === 0) return false;
  if (length > NAME_BYTES_MAX) return true;
  let hash = HASH_START;
  for (let at = start; at < end; at++) hash = hashWith(hash, source[at] as number);
  const place = (hash ^ (hash >>> 16)) & (PLACES - 1);
  const base = place * NAME_BYTES_MAX;
  if (lengths[place] === length) {
    let same = 0;
    while (same < length && names[base + same] === source[start + same]) same++;
    if (same === length) return verdicts[place] === 1;
  }
  const secret = judge(source, start, end);
  for (let at = 0; at < length; at++) names[base + at] = source[start + at] as number;
  lengths[place] = length;
  verdicts[place] = secret ? 1 : 0;
  return secret;
}

function judge(source: Uint8Array, start: number, end: number): boolean {
  const length = readName(source, start, end);
  return hasSecretWord(length) || hasSecretPart(length);
}

/** Fills `plain`; returns its length. */
function readName(source: Uint8Array, start: number, end: number): number {
  let length = 0;
  let hump = false;
  for (let at = start; at < end; at++) {
    let byte = source[at] as number;
    if (byte === PERCENT && at + 2 < end) {
      const value = parseInt(String.fromCharCode(source[at + 1] as number, source[at + 2] as number), 16);
      if (value >= 0) {
        byte = value;
        at += 2;
      }
    }
    const upper = byte >= 0x41 && byte <= 0x5a;
    if (upper) byte |= 0x20;
    const letter = byte >= 0x61 && byte <= 0x7a;
    const digit = byte >= 0x30 && byte <= 0x39;
    if (upper && hump) plain[length++] = UNDERSCORE;
    hump = letter && !upper;
    plain[length++] = letter || digit ? byte : UNDERSCORE;
  }
  return length;
}

function hasSecretWord(length: number): boolean {
  let hash = HASH_START;
  for (let at = 0; at < length; at++) {
    const byte = plain[at] as number;
    if (byte !== UNDERSCORE) {
      hash = hashWith(hash, byte);
      continue;
    }
    if (secretWords.has(hash)) return true;
    hash = HASH_START;
  }
  return secretWords.has(hash);
}

function hasSecretPart(length: number): boolean {
  for (const part of secretParts) {
    const last = length - part.length;
    for (let at = 0; at <= last; at++) {
      let same = 0;
      while (same < part.length && plain[at + same] === part[same]) same++;
      if (same === part.length) return true;
    }
  }
  return false;
}

/** FNV-1a. Another word with the hash of a secret one is hidden as well, which does no harm. */
function hashWith(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x01000193);
}
function hashOf(word: string): number {
  let hash = HASH_START;
  for (let at = 0; at < word.length; at++) hash = hashWith(hash, word.charCodeAt(at));
  return hash;
}
