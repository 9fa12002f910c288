/** Who looks, and what they may do. The session itself is a cookie that no script can read. */
import { batch, computed, signal, type ReadonlySignal } from '@preact/signals';
import type { SessionAnswer } from '#contract/control.ts';
import { onSignedOut, read, send } from './client.ts';
import { asFault, type Fault } from './fault.ts';

export type SessionState =
  /** Nobody has asked yet. */
  | 'unknown'
  /** Figures can be read, by whoever is signed in, or by anybody. */
  | 'reading'
  /** Nothing can be read before somebody signs in. */
  | 'signed-out';

const answer = signal<SessionAnswer | null>(null);
const state = signal<SessionState>('unknown');
const turns = signal(0);

export const session: ReadonlySignal<SessionAnswer | null> = answer;
export const sessionState: ReadonlySignal<SessionState> = state;
/** Counts up whenever somebody else looks than before: whatever was read is to be read anew. */
export const sessionTurns: ReadonlySignal<number> = turns;
/** Somebody in particular, and not just anybody (`admin.publicRead`). */
export const isSignedIn: ReadonlySignal<boolean> = computed(
  () => answer.value !== null && answer.value.expiresAt !== null,
);
/** May change things. */
export const isOperator: ReadonlySignal<boolean> = computed(
  () => isSignedIn.value && answer.value?.role === 'operator',
);

/** What a sign-in link brings, taken out of the address so that it stays in no history. Null: there is none. */
export function takeSignInCode(): string | null {
  const [, code] = /^#sign-in=([\w-]+)$/.exec(location.hash) ?? [];
  if (code === undefined) return null;
  history.replaceState(null, '', location.pathname + location.search);
  return code;
}

/** Asks who looks. Resolves with what is wrong when that cannot be said; null: it is known. */
export async function askSession(): Promise<Fault | null> {
  try {
    begin(await read('admin/session'));
    return null;
  } catch (thrown) {
    const fault = asFault(thrown);
    if (fault.kind !== 'signed-out') return fault;
    end();
    return null;
  }
}

/** Resolves with why not; null: signed in. */
export async function signIn(secret: { readonly token: string } | { readonly code: string }): Promise<Fault | null> {
  try {
    begin((await (await send('POST', 'admin/session', { body: secret })).json()) as SessionAnswer);
    return null;
  } catch (thrown) {
    return asFault(thrown);
  }
}

/** Signs out here even where the server cannot be told, and shows whatever anybody may see. */
export async function signOut(): Promise<void> {
  await send('DELETE', 'admin/session').catch(() => undefined);
  await askSession();
}

function begin(who: SessionAnswer): void {
  batch(() => {
    const same = answer.value?.name === who.name && answer.value.role === who.role && state.value === 'reading';
    answer.value = who;
    state.value = 'reading';
    if (!same) turns.value += 1;
  });
}

function end(): void {
  if (state.value === 'signed-out') return;
  batch(() => {
    answer.value = null;
    state.value = 'signed-out';
    turns.value += 1;
  });
}

onSignedOut(end);
