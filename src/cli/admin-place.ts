/**
 * Where the admin API is and with what token it is asked: `--admin` or EDGEBALANCER_ADMIN; `--token-file` or
 * EDGEBALANCER_TOKEN, or else the token that the product itself is started with. Never a token among the arguments: every
 * user of a machine can read those in the list of processes, and shells keep them.
 */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { CommandError } from './command-error.ts';
import type { Io } from './io.ts';

export const ADMIN_DEFAULT = 'http://127.0.0.1:9090';
export const TIMEOUT_S_DEFAULT = 10;
/** No token is longer; a file that is larger is another one. */
const TOKEN_FILE_BYTES_MAX = 4096;
const OTHERS = 0o077;

/** What every command that speaks the admin API takes. */
export interface AdminOptions {
  /** URL, or `unix:/path`. */
  readonly admin?: string;
  readonly tokenFile?: string;
  /** Seconds. */
  readonly timeout?: number;
}

/** What every command that reads what one replica knows takes. */
export interface ReadOptions extends AdminOptions {
  /** Another one answers, by its name or id. */
  readonly replica?: string;
}

export interface AdminPlace {
  /** Calls are resolved against it; ends with `/`. */
  readonly base: URL;
  /** Null: `base` says where to connect to. */
  readonly socketPath: string | null;
  /** As messages name it. */
  readonly shown: string;
  readonly token: string | null;
  readonly timeoutMs: number;
}

export function adminPlace(options: AdminOptions, io: Io): AdminPlace {
  const given = options.admin ?? nonEmpty(io.env['EDGEBALANCER_ADMIN']) ?? ADMIN_DEFAULT;
  const whose = options.admin === undefined ? 'EDGEBALANCER_ADMIN' : '--admin';
  const { base, socketPath } = locate(given, whose);
  const token = tokenOf(options, io);
  if (token !== null && socketPath === null && base.protocol === 'http:' && !isLocal(base.hostname))
    io.stderr(`warning: the token goes to ${base.host} unencrypted; use https there\n`);
  const shown = socketPath === null ? `${base.origin}${base.pathname}`.replace(/\/$/, '') : `unix:${socketPath}`;
  return { base, socketPath, shown, token, timeoutMs: (options.timeout ?? TIMEOUT_S_DEFAULT) * 1000 };
}

function locate(given: string, whose: string): Pick<AdminPlace, 'base' | 'socketPath'> {
  if (given.startsWith('unix:/'))
    return { base: new URL('http://localhost/'), socketPath: given.slice('unix:'.length) };
  const url = URL.canParse(given) ? new URL(given) : null;
  if (url !== null && (url.username !== '' || url.password !== ''))
    throw new CommandError(`${whose} holds a user or password. ${TOKEN_PLACES}`, 2);
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw new CommandError(`${whose} wants a URL such as ${ADMIN_DEFAULT}, and got ${given}.`, 2);
  // A page that was looked at, pasted: what follows the path is not part of where the API is.
  url.search = '';
  url.hash = '';
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return { base: url, socketPath: null };
}

/** Said wherever a token is missing or in the wrong place. */
export const TOKEN_PLACES = 'Give the token as EDGEBALANCER_TOKEN, or in a file with --token-file FILE.';

function tokenOf({ tokenFile }: AdminOptions, io: Io): string | null {
  if (tokenFile !== undefined) return tokenIn(tokenFile, io);
  const token = nonEmpty(io.env['EDGEBALANCER_TOKEN']) ?? nonEmpty(io.env['EDGEBALANCER_ADMIN_TOKEN']) ?? null;
  if (token !== null && !isToken(token))
    throw new CommandError(
      'EDGEBALANCER_TOKEN holds something that is no token: it has spaces or other characters.',
      2,
    );
  return token;
}

function tokenIn(file: string, io: Io): string {
  const path = resolve(io.cwd, file);
  let text: string;
  try {
    const { mode, size } = statSync(path);
    if (size > TOKEN_FILE_BYTES_MAX) throw new CommandError(`${file} is too large to hold a token.`, 2);
    if ((mode & OTHERS) !== 0 && path.startsWith('/dev/') === false)
      io.stderr(`warning: others may read ${file}; run: chmod 600 ${file}\n`);
    text = readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${file} cannot be read: ${(error as Error).message}`, 2);
  }
  // What is in the file is not repeated: it may be a secret, even when it is the wrong one.
  if (!isToken(text)) throw new CommandError(`${file} does not hold one token, alone on its line.`, 2);
  return text;
}

function isToken(text: string): boolean {
  return /^[\x21-\x7e]{1,512}$/.test(text);
}

function isLocal(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\./.test(host);
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
