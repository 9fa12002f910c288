/**
 * Sessions of browsers. The cookie holds 256 random bits, of which only the hash is kept, and only in memory: a restart signs
 * everyone out. A session ends 30 minutes after its last request, 12 hours after its first, when it is signed out of, and
 * when its token is revoked or expires, since it is looked up with every request.
 */
import { randomBytes } from 'node:crypto';
import { hashToken } from './token.ts';

export const SESSION_COOKIE = 'eb_session';
/** Under TLS. A browser takes `__Host-` only from this very host over TLS, so no neighbour under the domain can plant one (RFC 6265bis, 4.1.3.2). */
export const SECURE_SESSION_COOKIE = `__Host-${SESSION_COOKIE}`;
/** A field may hold several pairs of one name, by different paths; each costs a hash. */
const IDS_MAX = 8;
export const IDLE_MS = 30 * 60_000;
export const ABSOLUTE_MS = 12 * 3_600_000;
/** More browsers than a team has; the one that was idle for longest is signed out first. */
const SESSIONS_MAX = 1000;
/** Of one token, so that whoever has a viewer's cannot sign the others out. */
const SESSIONS_EACH_MAX = 50;
const ID_BYTES = 32;

interface Session {
  readonly tokenHash: string;
  readonly endsMs: number;
  usedMs: number;
}

export class Sessions {
  /** In the order of use. */
  readonly #sessions = new Map<string, Session>();

  /** Begins one for the token with this hash. Returns what the cookie holds. */
  begin(tokenHash: string, nowMs: number): string {
    this.#sweep(nowMs);
    this.#makeRoom(tokenHash);
    const id = randomBytes(ID_BYTES).toString('base64url');
    this.#sessions.set(hashToken(id), { tokenHash, endsMs: nowMs + ABSOLUTE_MS, usedMs: nowMs });
    return id;
  }

  /** The token's hash and when the session ends if nothing more is asked, in milliseconds; null: there is none. */
  use(id: string, nowMs: number): { readonly tokenHash: string; readonly endsMs: number } | null {
    const key = hashToken(id);
    const session = this.#sessions.get(key);
    if (session === undefined) return null;
    this.#sessions.delete(key);
    if (isOver(session, nowMs)) return null;
    session.usedMs = nowMs;
    this.#sessions.set(key, session);
    return { tokenHash: session.tokenHash, endsMs: Math.min(session.endsMs, nowMs + IDLE_MS) };
  }

  /** As `use`, without being a use: whatever looks on its own keeps no session alive. */
  peek(id: string, nowMs: number): { readonly tokenHash: string } | null {
    const session = this.#sessions.get(hashToken(id));
    return session === undefined || isOver(session, nowMs) ? null : session;
  }

  /** Whether there was one. */
  end(id: string): boolean {
    return this.#sessions.delete(hashToken(id));
  }

  /** Ends all sessions of a token; how many there were. */
  endAll(tokenHash: string): number {
    const ended = [...this.#sessions].filter(([, session]) => session.tokenHash === tokenHash);
    for (const [key] of ended) this.#sessions.delete(key);
    return ended.length;
  }

  get size(): number {
    return this.#sessions.size;
  }

  #sweep(nowMs: number): void {
    for (const [key, session] of this.#sessions) if (isOver(session, nowMs)) this.#sessions.delete(key);
  }

  #makeRoom(tokenHash: string): void {
    const own = [...this.#sessions].filter(([, session]) => session.tokenHash === tokenHash);
    const [oldestOwn] = own;
    if (oldestOwn !== undefined && own.length >= SESSIONS_EACH_MAX) this.#sessions.delete(oldestOwn[0]);
    if (this.#sessions.size < SESSIONS_MAX) return;
    for (const oldest of this.#sessions.keys()) if (this.#sessions.delete(oldest)) return;
  }
}

function isOver({ endsMs, usedMs }: Session, nowMs: number): boolean {
  return nowMs >= endsMs || nowMs - usedMs >= IDLE_MS;
}

/** The cookie's field. `id` null takes the cookie away. `secure`: the request came by TLS. */
export function sessionCookie(id: string | null, secure: boolean): string {
  const life = id === null ? 0 : ABSOLUTE_MS / 1000;
  const field = `${nameFor(secure)}=${id ?? ''}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${life}`;
  return secure ? `${field}; Secure` : field;
}

/** All that could be a session's id in a Cookie field. Under TLS, cookies that may have come without it are not looked at. */
export function sessionIdsOf(field: string | undefined, secure: boolean): string[] {
  const ids: string[] = [];
  for (const pair of field?.split(';') ?? []) {
    const at = pair.indexOf('=');
    if (pair.slice(0, at).trim() !== nameFor(secure)) continue;
    const value = pair.slice(at + 1).trim();
    if (/^[\w-]{43}$/.test(value) && ids.push(value) === IDS_MAX) break;
  }
  return ids;
}

function nameFor(secure: boolean): string {
  return secure ? SECURE_SESSION_COOKIE : SESSION_COOKIE;
}
