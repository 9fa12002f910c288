/** Signing in and out in a browser. */
import { z } from 'zod';
import type { SessionAnswer } from '#contract/control.ts';
import { sessionCookie } from '../auth/sessions.ts';
import { empty, json, problem } from './answer.ts';
import { sessionAnswer } from './answers-control.ts';
import { call, type AnyCall, type Asked } from './call.ts';
import { problemGiven } from './fields.ts';

/** Messages never repeat what was sent: it is meant to be a secret. */
const secret = z
  .unknown()
  .refine((value) => typeof value === 'string' && value !== '' && value.length <= 512, {
    error: 'expected text of at most 512 characters',
  })
  .transform(String)
  .meta({ type: 'string' });

const signIn = z
  .strictObject(
    {
      token: secret.optional().meta({ description: 'A token' }),
      code: secret.optional().meta({ description: 'The code of a sign-in link' }),
    },
    { error: 'expected `{ "token": … }` or `{ "code": … }`, and nothing else' },
  )
  .refine(({ token, code }) => (token === undefined) !== (code === undefined), {
    error: 'give either `token` or `code`',
  });

export const SESSION_CALLS: readonly AnyCall[] = [
  call({
    method: 'GET',
    path: '/admin/session',
    id: 'getSession',
    tag: 'Session',
    summary: 'Who asks, and what they may do',
    access: 'read',
    gives: { 200: { says: 'Who asks', schema: sessionAnswer } },
    run: (asked) => json(sessionOf(asked)),
  }),
  call({
    method: 'POST',
    path: '/admin/session',
    id: 'signIn',
    tag: 'Session',
    summary: 'Signs in with a token, or with the code of a sign-in link; sets the cookie',
    access: 'open',
    body: signIn,
    gives: {
      200: { says: 'Signed in', schema: sessionAnswer },
      401: problemGiven('The token or code is wrong, used, or has expired'),
    },
    run: async ({ api, body, arrival, headers }) => {
      const outcome = api.gate.signIn(body, arrival);
      if ('status' in outcome) {
        const { status, title, detail, retryAfterS } = outcome;
        return problem(status, title, detail, retryAfterS > 0 ? { 'retry-after': String(retryAfterS) } : {});
      }
      api.gate.signOut([headers['cookie']].flat()[0], arrival);
      const { token, id } = outcome;
      const by = { name: token.name, from: arrival.address };
      const how = body.code === undefined ? 'a token' : 'a sign-in link';
      await api.audit({ by, action: 'session.begin', summary: `signed in with ${how}`, revision: null, ok: true });
      const endsMs = api.sessions.use(id, api.timers.wallMs())?.endsMs ?? null;
      const actor = { ...by, role: token.role };
      const answer = sessionOf({ api, caller: { actor, how: 'session', tokenHash: token.hash, endsMs } });
      return json(answer, 200, { 'set-cookie': sessionCookie(id, arrival.secure) });
    },
  }),
  call({
    method: 'DELETE',
    path: '/admin/session',
    id: 'signOut',
    tag: 'Session',
    summary: 'Signs out',
    access: 'signed-in',
    gives: { 204: { says: 'Signed out', schema: null } },
    run: async ({ api, headers, arrival, caller }) => {
      if (api.gate.signOut([headers['cookie']].flat()[0], arrival)) {
        const by = { name: caller.actor?.name ?? '', from: arrival.address };
        await api.audit({ by, action: 'session.end', summary: 'signed out', revision: null, ok: true });
      }
      return empty(204, { 'set-cookie': sessionCookie(null, arrival.secure) });
    },
  }),
];

function sessionOf(asked: Pick<Asked, 'api' | 'caller'>): SessionAnswer {
  const { api, caller } = asked;
  return {
    name: caller.actor?.name ?? 'anonymous',
    role: caller.actor?.role ?? 'viewer',
    expiresAt: caller.how !== 'session' || caller.endsMs === null ? null : new Date(caller.endsMs).toISOString(),
    publicRead: api.settings().publicRead,
  };
}
