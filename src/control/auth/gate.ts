/**
 * Who may pass. A request is judged before its body is read: who asks (a bearer token, else the session's cookie), whether a
 * page of another site asks in their name, and whether their role is enough. A wrong token is refused even where nobody needs
 * one, so that a script learns of it; a session that is over is nobody's.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Timers } from '#core/ports.ts';
import { NOBODY, type Arrival, type Caller } from './caller.ts';
import type { GuessLimit } from './guess-limit.ts';
import type { Refusals } from './refusals.ts';
import { mayAs, mayWithout, type Access } from './roles.ts';
import { foreignOrigin } from './same-origin.ts';
import { sessionIdsOf, type Sessions } from './sessions.ts';
import type { AdminSettings } from './settings.ts';
import type { SignInCodes } from './sign-in-codes.ts';
import type { KnownToken, Tokens } from './tokens.ts';

export interface Refusal {
  readonly status: 401 | 403 | 429;
  readonly title: string;
  readonly detail: string;
  /** Seconds, with 429. */
  readonly retryAfterS: number;
}
export type Verdict = { readonly refusal: Refusal } | { readonly refusal: null; readonly caller: Caller };

export interface GateParts {
  readonly settings: () => AdminSettings;
  readonly tokens: Tokens;
  readonly sessions: Sessions;
  readonly codes: SignInCodes;
  readonly guesses: GuessLimit;
  readonly refusals: Refusals;
  readonly timers: Timers;
  /** Called with the network of whoever has shown a right token. */
  readonly onKnown: (network: string) => void;
}

export interface SignedIn {
  readonly token: KnownToken;
  /** What the cookie holds. */
  readonly id: string;
}

export class Gate {
  readonly #parts: GateParts;

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  /** `changes`: whether the request's method is one that changes something. */
  judge(headers: IncomingHttpHeaders, arrival: Arrival, access: Access, changes: boolean): Verdict {
    const foreign = changes ? foreignOrigin(headers, arrival, headers.cookie !== undefined) : null;
    if (foreign !== null) return this.#refuse(arrival, 403, 'Forbidden', foreign);
    // Probes and the page without data are for everyone; whatever they carry is not looked at.
    if (access === 'open') return { refusal: null, caller: NOBODY };
    const { authorization } = headers;
    const caller =
      authorization === undefined ? this.#bySession(headers.cookie, arrival) : this.#byToken(authorization, arrival);
    if (caller === null) return this.#wrong(arrival);
    if (caller.actor === null) {
      if (mayWithout(access, this.#parts.settings())) return { refusal: null, caller };
      const how = 'Send a token as `Authorization: Bearer TOKEN`, or sign in on the page at /.';
      return this.#refuse(arrival, 401, 'Not signed in', how);
    }
    this.#parts.onKnown(arrival.network);
    if (mayAs(caller.actor.role, access)) return { refusal: null, caller };
    return this.#refuse(arrival, 403, 'Forbidden', 'A viewer may only read; this takes an operator.');
  }

  /**
   * Whether a request that was let in to read would still be: for answers that go on. It counts neither as a use of a session,
   * so a page that is left open is signed out in its time, nor as a refusal.
   */
  stillMayRead({ authorization, cookie }: IncomingHttpHeaders, { secure }: Arrival): boolean {
    const { tokens, sessions, settings, timers } = this.#parts;
    if (authorization !== undefined) return tokenIn(authorization, tokens) !== null;
    const now = timers.wallMs();
    const found = sessionIdsOf(cookie, secure).map((id) => sessions.peek(id, now));
    if (found.some((session) => session !== null && tokens.byHash(session.tokenHash) !== null)) return true;
    return mayWithout('read', settings());
  }

  /** Begins a session by a token or a sign-in code. */
  signIn(
    secret: { readonly token?: string | undefined; readonly code?: string | undefined },
    arrival: Arrival,
  ): SignedIn | Refusal {
    const { tokens, codes, sessions, timers, onKnown } = this.#parts;
    const now = timers.wallMs();
    let token: KnownToken | null = null;
    if (secret.token !== undefined) token = tokens.find(secret.token);
    else if (secret.code !== undefined) {
      const hash = codes.use(secret.code, now);
      token = hash === null ? null : tokens.byHash(hash);
    }
    if (token === null) return this.#wrong(arrival).refusal;
    onKnown(arrival.network);
    return { token, id: sessions.begin(token.hash, now) };
  }

  /** Ends every session whose cookie this is. Whether there was one. */
  signOut(cookie: string | undefined, { secure }: Arrival): boolean {
    const ended = sessionIdsOf(cookie, secure).filter((id) => this.#parts.sessions.end(id));
    return ended.length > 0;
  }

  #byToken(authorization: string, arrival: Arrival): Caller | null {
    const token = tokenIn(authorization, this.#parts.tokens);
    return token === null ? null : callerOf(token, 'token', arrival, token.expiresMs);
  }

  #bySession(cookie: string | undefined, arrival: Arrival): Caller {
    const { sessions, tokens, timers } = this.#parts;
    for (const id of sessionIdsOf(cookie, arrival.secure)) {
      const session = sessions.use(id, timers.wallMs());
      const token = session === null ? null : tokens.byHash(session.tokenHash);
      if (session === null || token === null) continue;
      return callerOf(token, 'session', arrival, Math.min(session.endsMs, token.expiresMs ?? Infinity));
    }
    return NOBODY;
  }

  #wrong(arrival: Arrival): { readonly refusal: Refusal } {
    const waitS = this.#parts.guesses.wrong(arrival.address, this.#parts.timers.nowMs());
    if (waitS === 0)
      return this.#refuse(arrival, 401, 'Wrong token', 'The token is wrong, was revoked, or has expired.');
    const detail = `Too many wrong tokens from this address. Wait ${waitS} s.`;
    return this.#refuse(arrival, 429, 'Too many wrong tokens', detail, waitS);
  }

  #refuse(
    arrival: Arrival,
    status: Refusal['status'],
    title: string,
    detail: string,
    retryAfterS = 0,
  ): { readonly refusal: Refusal } {
    this.#parts.refusals.add(arrival.network);
    return { refusal: { status, title, detail, retryAfterS } };
  }
}

function tokenIn(authorization: string, tokens: Tokens): KnownToken | null {
  const match = /^Bearer +([\w.~+/=-]+) *$/i.exec(authorization);
  return match === null ? null : tokens.find(match[1] as string);
}

function callerOf(token: KnownToken, how: 'token' | 'session', arrival: Arrival, endsMs: number | null): Caller {
  const actor = { name: token.name, role: token.role, from: arrival.address };
  return { actor, how, tokenHash: token.hash, endsMs };
}
