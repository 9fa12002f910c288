/** Tokens: who has one, making and revoking them. */
import { z } from 'zod';
import { json, empty, problem } from './answer.ts';
import { tokenCreatedAnswer, tokensAnswer } from './answers-control.ts';
import { actorOf, byOf, call, type AnyCall } from './call.ts';
import { problemGiven } from './fields.ts';

const DAY_MS = 86_400_000;
/** Five years. Whoever wants a token for longer makes one that does not expire. */
const LIFE_MS_MAX = 1826 * DAY_MS;
const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: DAY_MS };

const name = z
  .string()
  .regex(/^[A-Za-z0-9][\w.@-]{0,63}$/, { error: 'expected 1 to 64 letters, digits, `.`, `_`, `-` or `@`' })
  .meta({ description: 'Who it belongs to, for the audit' });

const life = z
  .string()
  .max(20)
  .transform((text, context) => {
    const match = /^(\d{1,7})([mhd])$/.exec(text);
    const ms = match === null ? 0 : Number(match[1]) * (UNITS[match[2] as string] as number);
    if (ms > 0 && ms <= LIFE_MS_MAX) return ms;
    context.addIssue({
      code: 'custom',
      message: 'expected minutes, hours or days up to five years: `30m`, `12h`, `90d`',
    });
    return z.NEVER;
  })
  .meta({ description: 'How long it is good for; for ever when left out' });

export const newToken = z.strictObject({
  name,
  role: z.enum(['viewer', 'operator']).default('viewer').meta({ description: 'viewer reads, operator changes' }),
  expiresIn: life.exactOptional(),
});

export const TOKEN_CALLS: readonly AnyCall[] = [
  call({
    method: 'GET',
    path: '/admin/tokens',
    id: 'getTokens',
    tag: 'Tokens',
    summary: 'Who has a token: names and roles, where each is kept, when it was last used',
    access: 'operate',
    gives: { 200: { says: 'The tokens, without what is secret of them', schema: tokensAnswer } },
    run: ({ api }) => json({ tokens: api.tokens.list() }),
  }),
  call({
    method: 'POST',
    path: '/admin/tokens',
    id: 'createToken',
    tag: 'Tokens',
    summary: 'Makes a token. It is shown in this answer, and never again',
    access: 'operate',
    body: newToken,
    gives: {
      201: { says: 'The token', schema: tokenCreatedAnswer },
      409: problemGiven('There is a token of this name'),
      503: problemGiven('It cannot be kept'),
    },
    run: async (asked) => {
      const { api, body } = asked;
      const expiresMs = body.expiresIn === undefined ? null : api.timers.wallMs() + body.expiresIn;
      const created = await api.tokens.create(body.name, body.role, expiresMs);
      if (created.kind === 'refused') return problem(created.status, titleOf(created.status), created.why);
      const summary = `token ${body.name} (${body.role}) made`;
      await api.audit({ by: byOf(actorOf(asked)), action: 'token.create', summary, revision: null, ok: true });
      return json({ ...created.entry, token: created.token }, 201);
    },
  }),
  call({
    method: 'DELETE',
    path: '/admin/tokens/:name',
    id: 'revokeToken',
    tag: 'Tokens',
    summary: 'Revokes a token, and ends its sessions. One may revoke one’s own, but not the last operator’s',
    access: 'operate',
    params: z.strictObject({ name: z.string().min(1).max(64) }),
    gives: {
      204: { says: 'Revoked', schema: null },
      404: problemGiven('There is no such token'),
      409: problemGiven('It is kept elsewhere, or is the last of an operator'),
      503: problemGiven('It cannot be kept'),
    },
    run: async (asked) => {
      const { api, params } = asked;
      const revoked = await api.tokens.revoke(params.name);
      if (revoked.kind === 'refused') return problem(revoked.status, titleOf(revoked.status), revoked.why);
      const ended = api.sessions.endAll(revoked.token.hash);
      const summary = `token ${params.name} revoked${ended > 0 ? `, ${ended} of its sessions ended` : ''}`;
      await api.audit({ by: byOf(actorOf(asked)), action: 'token.revoke', summary, revision: null, ok: true });
      return empty(204);
    },
  }),
];

function titleOf(status: number): string {
  return status === 404 ? 'Not found' : status === 409 ? 'Conflict' : 'Not kept';
}
