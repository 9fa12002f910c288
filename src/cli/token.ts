/**
 * `edgebalancer token`: who has a token; making and revoking them. Through the admin API, or with `--state DIR` in the state
 * directory itself, for whoever is locked out and has the machine: the running process sees within a second what is changed
 * there.
 */
import type { Role, TokenCreatedAnswer, TokenEntry, TokensAnswer } from '#contract/control.ts';
import { withAdmin } from './admin-client.ts';
import type { AdminOptions } from './admin-place.ts';
import { agreed } from './change.ts';
import { ending } from './command-error.ts';
import { timeText } from './config.ts';
import { harmless } from './harmless.ts';
import type { Io } from './io.ts';
import { table } from './table.ts';

export interface TokenOptions extends AdminOptions {
  readonly json?: boolean;
  /** The state directory; then nothing is asked over the network. */
  readonly state?: string;
}

export interface CreateOptions extends TokenOptions {
  readonly role: Role;
  /** `90d`, `12h`, `30m`; absent: never. */
  readonly expires?: string;
}

/** The token alone goes to standard output, so that a script can take it. */
export function createToken(name: string, options: CreateOptions, io: Io): Promise<number> {
  const { role, expires, state, json } = options;
  const body = { name, role, ...(expires !== undefined && { expiresIn: expires }) };
  return ending(io, async () => {
    const made =
      state === undefined
        ? await withAdmin(options, io, async (client) => {
            return (await client.json<TokenCreatedAnswer>('POST', 'admin/tokens', { body })).data;
          })
        : await (await import('./token-state.ts')).create(state, body, io);
    if (json === true) {
      io.stdout(`${JSON.stringify(made, null, 2)}\n`);
      return 0;
    }
    const until = made.expiresAt === null ? 'until it is revoked' : `until ${timeText(made.expiresAt)}`;
    io.stderr(`Token ${harmless(made.name)} (${made.role}), good ${until}. It is shown this once:\n`);
    io.stdout(`${harmless(made.token)}\n`);
    return 0;
  });
}

export function listTokens(options: TokenOptions, io: Io): Promise<number> {
  return ending(io, async () => {
    const { state } = options;
    const tokens =
      state === undefined
        ? await withAdmin(options, io, async (client) => (await client.get<TokensAnswer>('admin/tokens')).tokens)
        : await (await import('./token-state.ts')).list(state, io);
    io.stdout(options.json === true ? `${JSON.stringify({ tokens }, null, 2)}\n` : tokenTable(tokens));
    return 0;
  });
}

export function revokeToken(name: string, options: TokenOptions & { readonly yes?: boolean }, io: Io): Promise<number> {
  return ending(io, async () => {
    const { state, json } = options;
    if (!(await agreed(options, io, `Revoke the token ${harmless(name)}? Whoever uses it is locked out at once.`))) {
      io.stderr('Nothing was changed.\n');
      return 1;
    }
    if (state === undefined)
      await withAdmin(options, io, (client) => client.ask('DELETE', `admin/tokens/${encodeURIComponent(name)}`));
    else await (await import('./token-state.ts')).revoke(state, name, io);
    io.stdout(json === true ? `${JSON.stringify({ revoked: name })}\n` : `Token ${harmless(name)} is revoked.\n`);
    return 0;
  });
}

function tokenTable(tokens: readonly TokenEntry[]): string {
  if (tokens.length === 0) return 'There are no tokens.\n';
  const rows = tokens.map(({ name, role, kept, createdAt, expiresAt, lastUsedAt }) => [
    harmless(name),
    role,
    kept,
    createdAt === null ? '-' : timeText(createdAt),
    expiresAt === null ? 'never' : timeText(expiresAt),
    lastUsedAt === null ? '-' : timeText(lastUsedAt),
  ]);
  return table(['NAME', 'ROLE', 'KEPT IN', 'MADE', 'EXPIRES', 'LAST USED'], rows, []);
}
