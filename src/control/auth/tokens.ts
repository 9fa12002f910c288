/**
 * Who has a token: those of the configuration, the one of the environment, and those that were made (`tokens.json`, or memory
 * alone where nothing is kept). A token is found by a keyed hash of its hash, with a key that is drawn at start, so that the
 * time which finding takes says nothing about the hashes that are kept; the hash itself is then compared in constant time.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { Log, Timers } from '#core/ports.ts';
import type { Role, TokenEntry } from '#contract/control.ts';
import type { AdminSettings } from './settings.ts';
import { hashToken, newToken, RESERVED_TOKEN_NAMES, sameHash, TOKEN_LENGTH_MAX } from './token.ts';
import { STORED_MAX, TokenFileError, type StoredToken, type TokenFile } from './token-file.ts';

/** How often the file is looked at for another process's changes: a revoked token works for no longer than this. */
const LOOK_MS = 1000;
/** Times of use are kept to the minute, and written when something else is, or this often. */
const USED_MS = 60_000;
const WRITE_USED_MS = 3_600_000;

export interface KnownToken {
  readonly name: string;
  readonly role: Role;
  readonly hash: string;
  readonly kept: TokenEntry['kept'];
  readonly createdAt: string | null;
  /** Milliseconds since 1970; null: never. */
  readonly expiresMs: number | null;
}

export interface TokensOptions {
  readonly settings: () => AdminSettings;
  /** Null: made tokens are kept in memory only. */
  readonly file: TokenFile | null;
  /** EDGEBALANCER_ADMIN_TOKEN; null: it is not set. */
  readonly environment: string | null;
  readonly timers: Timers;
  readonly log: Log;
}

export type Revocation = { readonly kind: 'done'; readonly token: KnownToken } | Refusal;
export type Creation = { readonly kind: 'done'; readonly token: string; readonly entry: TokenEntry } | Refusal;
interface Refusal {
  readonly kind: 'refused';
  readonly status: 404 | 409 | 503;
  readonly why: string;
}

export class Tokens {
  readonly #options: TokensOptions;
  #file: TokenFile | null;
  readonly #key = randomBytes(32);
  readonly #environment: KnownToken | null;
  readonly #usedMs = new Map<string, number>();
  #stored: readonly StoredToken[] = [];
  #mark = '';
  #lookedMs = -Infinity;
  #wroteUsedMs: number;
  #complained = '';
  #settings: AdminSettings | null = null;
  #found = new Map<string, KnownToken>();

  /** Throws a `TokenFileError` when there is a file that cannot be used. */
  constructor(options: TokensOptions) {
    this.#options = options;
    this.#file = options.file;
    const { environment, file, timers } = options;
    this.#environment =
      environment === null ? null : known('environment', 'operator', hashToken(environment), 'environment', null, null);
    this.#wroteUsedMs = timers.wallMs();
    if (file !== null) {
      this.#mark = file.mark();
      this.#stored = file.read() ?? [];
    }
  }

  /** Made tokens end with the process from now on. */
  keepInMemory(): void {
    this.#file = null;
  }

  /** Whether nobody has ever been given a token here. */
  get none(): boolean {
    return this.#all().length === 0 && this.#mark === '';
  }

  /** The token, unless it is wrong, revoked or expired. */
  find(token: string): KnownToken | null {
    return token.length > TOKEN_LENGTH_MAX ? null : this.byHash(hashToken(token));
  }

  byHash(hash: string): KnownToken | null {
    this.#look();
    const found = this.#index().get(this.#place(hash));
    if (found === undefined || !sameHash(found.hash, hash)) return null;
    const now = this.#options.timers.wallMs();
    if (found.expiresMs !== null && now >= found.expiresMs) return null;
    this.#noteUse(found, now);
    return found;
  }

  /** Hashes of the tokens that an operator may use now, and when each ends. */
  operatorHashes(): readonly { readonly hash: string; readonly expiresMs: number | null }[] {
    this.#look();
    const now = this.#options.timers.wallMs();
    return this.#all()
      .filter((token) => token.role === 'operator' && !isOver(token, now))
      .map(({ hash, expiresMs }) => ({ hash, expiresMs }));
  }

  list(): TokenEntry[] {
    this.#look();
    return this.#all().map((token) => this.#entry(token));
  }

  /** Makes a token. It is shown once, here. */
  async create(name: string, role: Role, expiresMs: number | null): Promise<Creation> {
    if (RESERVED_TOKEN_NAMES.includes(name))
      return refused(409, `\`${name}\` is what the product itself is called in the audit. Choose another name.`);
    const token = newToken();
    const createdAt = new Date(this.#options.timers.wallMs()).toISOString();
    const expiresAt = expiresMs === null ? null : new Date(expiresMs).toISOString();
    const stored: StoredToken = { name, role, hash: hashToken(token), createdAt, expiresAt, lastUsedAt: null };
    const held = this.#heldElsewhere(name);
    if (held !== null) return refused(409, `There is a token named \`${name}\` already, in the ${held.kept}.`);
    let refusal: Refusal | null = null;
    const failure = await this.#change((before) => {
      const taken = before.some((one) => one.name === name);
      if (taken)
        refusal = refused(409, `There is a token named \`${name}\` already. Revoke it first, or choose another name.`);
      else if (before.length >= STORED_MAX)
        refusal = refused(409, `There are ${STORED_MAX} tokens. Revoke some first.`);
      return refusal === null ? [...before, stored] : before;
    });
    const why = refusal ?? failure;
    if (why !== null) return why;
    const { lastUsedAt, hash: _, ...rest } = stored;
    return { kind: 'done', token, entry: { ...rest, kept: 'state', lastUsedAt } };
  }

  /** Takes a token away. The last operator's stays: without it nobody could change anything any more. */
  async revoke(name: string): Promise<Revocation> {
    const now = this.#options.timers.wallMs();
    let outcome: Revocation = refused(404, `There is no token named \`${name}\`.`);
    const elsewhere = this.#heldElsewhere(name);
    if (elsewhere !== null) {
      outcome = refused(409, `\`${name}\` is kept in the ${elsewhere.kept}: ${takeAway(elsewhere.kept)}.`);
    }
    const failure = await this.#change((before) => {
      const gone = before.find((token) => token.name === name);
      if (gone === undefined) return before;
      const after = before.filter((token) => token !== gone);
      const left = [...this.#fixed(), ...after.map(fromStored)].filter(
        (token) => token.role === 'operator' && !isOver(token, now),
      );
      if (gone.role === 'operator' && !isOver(fromStored(gone), now) && left.length === 0) {
        outcome = refused(409, `\`${name}\` is the last token of an operator: make another one first.`);
        return before;
      }
      outcome = { kind: 'done', token: fromStored(gone) };
      return after;
    });
    return failure ?? outcome;
  }

  /** Writes when tokens were last used. */
  async flush(): Promise<void> {
    if (this.#file === null || this.#usedMs.size === 0 || this.#stored.length === 0) return;
    await this.#change((before) => [...before]);
  }

  #all(): KnownToken[] {
    return [...this.#fixed(), ...this.#stored.map(fromStored)];
  }

  #fixed(): KnownToken[] {
    const configured = this.#options
      .settings()
      .tokens.map(({ name, role, hash }) => known(name, role, hash, 'configuration', null, null));
    return this.#environment === null ? configured : [...configured, this.#environment];
  }

  #heldElsewhere(name: string): KnownToken | null {
    return this.#fixed().find((token) => token.name === name) ?? null;
  }

  #index(): ReadonlyMap<string, KnownToken> {
    const settings = this.#options.settings();
    if (settings !== this.#settings) {
      this.#settings = settings;
      // Of two tokens with one hash, the one that the operator wrote down counts: it comes first.
      this.#found = new Map(
        this.#all()
          .toReversed()
          .map((token) => [this.#place(token.hash), token]),
      );
    }
    return this.#found;
  }

  #place(hash: string): string {
    return createHmac('sha256', this.#key).update(hash).digest('base64');
  }

  /** Takes over what another process wrote. */
  #look(): void {
    const { timers, log } = this.#options;
    const file = this.#file;
    const now = timers.nowMs();
    if (file === null || now - this.#lookedMs < LOOK_MS) return;
    this.#lookedMs = now;
    try {
      const mark = file.mark();
      if (mark === this.#mark) return;
      this.#take(file.read() ?? [], mark);
      // To remove it is to revoke what it held, which somebody who only tidied up has to be told.
      if (mark === '') log.warn({ file: file.path }, 'the tokens in it are revoked: the file is gone');
      this.#complained = '';
    } catch (error) {
      // Tokens that were good stay good: an operator who slips with chmod must not be locked out.
      const why = error instanceof Error ? error.message : String(error);
      if (why !== this.#complained) log.error({}, `the tokens are those from before: ${why}`);
      this.#complained = why;
    }
  }

  #take(stored: readonly StoredToken[], mark: string): void {
    this.#stored = stored;
    this.#mark = mark;
    this.#settings = null;
    // Of those that are gone nothing is left.
    const hashes = new Set(this.#all().map(({ hash }) => hash));
    for (const hash of this.#usedMs.keys()) if (!hashes.has(hash)) this.#usedMs.delete(hash);
  }

  async #change(edit: (tokens: readonly StoredToken[]) => readonly StoredToken[]): Promise<Refusal | null> {
    const { timers } = this.#options;
    const file = this.#file;
    if (file === null) {
      this.#take(edit(this.#stored), 'memory');
      return null;
    }
    try {
      const after = await file.change((before) => {
        const edited = edit(before);
        return edited === before ? before : edited.map((token) => this.#withUse(token));
      });
      this.#take(after, file.mark());
      this.#wroteUsedMs = timers.wallMs();
      return null;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return refused(503, error instanceof TokenFileError ? why : `Tokens cannot be kept: ${why}.`);
    }
  }

  #withUse(token: StoredToken): StoredToken {
    const usedMs = this.#usedMs.get(token.hash);
    return usedMs === undefined ? token : { ...token, lastUsedAt: new Date(usedMs).toISOString() };
  }

  #noteUse({ hash, kept }: KnownToken, now: number): void {
    const minute = Math.floor(now / USED_MS) * USED_MS;
    if (this.#usedMs.get(hash) !== minute) this.#usedMs.set(hash, minute);
    if (kept !== 'state' || now - this.#wroteUsedMs < WRITE_USED_MS) return;
    this.#wroteUsedMs = now;
    this.flush().catch((error: unknown) =>
      this.#options.log.debug({ error: String(error) }, 'times of use were not kept'),
    );
  }

  #entry({ name, role, hash, kept, createdAt, expiresMs }: KnownToken): TokenEntry {
    const used = this.#usedMs.get(hash);
    const stored = this.#stored.find((token) => token.hash === hash)?.lastUsedAt ?? null;
    return {
      name,
      role,
      kept,
      createdAt,
      expiresAt: expiresMs === null ? null : new Date(expiresMs).toISOString(),
      lastUsedAt: used === undefined ? stored : new Date(used).toISOString(),
    };
  }
}

function known(
  name: string,
  role: Role,
  hash: string,
  kept: TokenEntry['kept'],
  createdAt: string | null,
  expiresMs: number | null,
): KnownToken {
  return { name, role, hash, kept, createdAt, expiresMs };
}

function fromStored({ name, role, hash, createdAt, expiresAt }: StoredToken): KnownToken {
  return known(name, role, hash, 'state', createdAt, expiresAt === null ? null : Date.parse(expiresAt));
}

function isOver({ expiresMs }: KnownToken, nowMs: number): boolean {
  return expiresMs !== null && nowMs >= expiresMs;
}

function refused(status: Refusal['status'], why: string): Refusal {
  return { kind: 'refused', status, why };
}

function takeAway(kept: TokenEntry['kept']): string {
  return kept === 'environment'
    ? 'start without EDGEBALANCER_ADMIN_TOKEN'
    : 'take it out of `admin.tokens` (PUT /admin/config, or the file)';
}
