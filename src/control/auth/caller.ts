/** Who asks the admin API, as far as it is known. */
import type { Actor } from '../admin/ports.ts';

/** How a request came. */
export interface Arrival {
  /** On an address of the admin API's own, or through a worker. */
  readonly by: 'own' | 'worker';
  /** The client's; `local` when it came over a unix socket of its own. */
  readonly address: string;
  readonly network: string;
  /** Whether the client spoke TLS, as far as a worker says. */
  readonly secure: boolean;
  /** What the client calls this server: Host, and through a worker X-Forwarded-Host. */
  readonly hosts: readonly string[];
}

export interface Caller {
  /** Null: nobody in particular, where that is enough. */
  readonly actor: Actor | null;
  readonly how: 'token' | 'session' | 'nobody';
  /** Of the token. */
  readonly tokenHash: string | null;
  /** Of the session, or of the token where there is none. Milliseconds since 1970; null: never. */
  readonly endsMs: number | null;
}

export const NOBODY: Caller = { actor: null, how: 'nobody', tokenHash: null, endsMs: null };
