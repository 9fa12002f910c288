/**
 * What a change over the admin API may not do, though the configuration file may. Whoever has an operator's token decides
 * about traffic; whoever writes the file also owns the process, its environment and its files. A token that is stolen, or
 * was given to a pipeline, must not be worth as much as that:
 *
 * - No reference to the environment that was not there before. `${AWS_SECRET_ACCESS_KEY}` in an id, a header or the name of a
 *   strategy would be read out to whoever sees the answer, and a dry run leaves no trace. References that are there may stay,
 *   move and go, since the file has given them away.
 * - No other file for the access log. It is appended to as this process's user, in lines that a template words: that is how
 *   one writes an `authorized_keys`. Standard output, and none at all, may always be chosen.
 * - No other place for questions to the copilot. Whoever answers them is sent the key from the environment, and what the tools
 *   read: a `baseUrl` of one's own would have both. The built-in provider may always be chosen.
 * - Nothing of TLS. Its files are read as this process's user; without it, or without `clientCa`, whoever listens on the way, or
 *   has no certificate, would be let in. A pool that goes takes its own along.
 * - No token named as one that was made here already: the audit could not tell the two apart.
 * - Not without any operator. Nobody could undo it over the API any more.
 *
 * A rollback is asked for the last of these alone: what it brings back came from the file, or passed here, but the tokens that
 * were beside it then may be gone.
 */
import type { FieldProblem, TokenEntry } from '#contract/control.ts';
import type { ConfigDocument } from '../config/document.ts';
import { expand, type Environment } from '../config/environment.ts';
import { fieldPath, Invalid } from '../config/invalid.ts';
import type { Path } from '../config/problem.ts';

/** Nobody reads more. */
const PROBLEMS_MAX = 50;

/** What is no file of its own: as src/observe/line-output.ts reads it. */
const STANDARD_OUTPUTS: readonly unknown[] = ['-', '/dev/stdout', '/dev/stderr'];
const LOG_DEFAULT = '-';
const BUILTIN = 'builtin';
const LISTENER_DEFAULT = 'public';
const NO_TLS = 'null';

/** Throws `Invalid`. `tokens`: all there are while `before` is in force. */
export function refuseBeyondApi(before: unknown, document: ConfigDocument, tokens: () => readonly TokenEntry[]): void {
  const after = document.data();
  const problems = [
    ...newReferences(before, after),
    ...otherLogFile(before, after),
    ...otherModelPlace(before, after),
    ...otherTls(before, after),
    ...takenNames(before, after, tokens),
    ...withoutOperator(before, after, tokens),
  ];
  if (problems.length > 0) throw new Invalid(problems.slice(0, PROBLEMS_MAX));
}

/** The same for a rollback, from `before` to `after`. */
export function refuseWithoutOperator(before: unknown, after: unknown, tokens: () => readonly TokenEntry[]): void {
  const problems = withoutOperator(before, after, tokens);
  if (problems.length > 0) throw new Invalid(problems);
}

function newReferences(before: unknown, after: unknown): FieldProblem[] {
  const known = new Set<string>();
  eachText(before, [], (text) => namesIn(text).forEach((name) => known.add(name)));
  const problems: FieldProblem[] = [];
  eachText(after, [], (text, path) => {
    const foreign = namesIn(text).find((name) => !known.has(name));
    if (foreign === undefined || problems.length >= PROBLEMS_MAX) return;
    const message = `\`\${${foreign.slice(0, 60)}}\` is no reference that the configuration has so far; only its file may begin to read a variable of the environment. Write it there first, or the value itself here`;
    problems.push({ path: fieldPath(path), message });
  });
  return problems;
}

/** Names that the loader would look up in the environment for this text: it is asked itself. */
function namesIn(text: string): readonly string[] {
  if (!text.includes('${')) return [];
  const names: string[] = [];
  const listening: Environment = new Proxy<Record<string, string>>(
    {},
    {
      getOwnPropertyDescriptor: (_, name) => {
        names.push(String(name));
        return undefined;
      },
    },
  );
  expand(text, listening);
  return names;
}

function otherLogFile(before: unknown, after: unknown): FieldProblem[] {
  const to = part(after, ['log', 'access', 'to']);
  if (typeof to !== 'string' || STANDARD_OUTPUTS.includes(to)) return [];
  if (to === (part(before, ['log', 'access', 'to']) ?? LOG_DEFAULT)) return [];
  const message =
    'only the configuration file may name another file to write to; here write `-`, `null` for `log.access`, or what is there now';
  return [{ path: 'log.access.to', message }];
}

function otherModelPlace(before: unknown, after: unknown): FieldProblem[] {
  const at = (data: unknown, key: string): unknown => part(data, ['copilot', key]);
  const provider = at(after, 'provider') ?? BUILTIN;
  if (provider === BUILTIN) return [];
  return (['provider', 'baseUrl'] as const)
    .filter((key) => at(after, key) !== at(before, key))
    .map((key) => ({
      path: `copilot.${key}`,
      message:
        'only the configuration file may name who is asked, since the key goes there; here write `provider: builtin`, or what is there now',
    }));
}

/** Listeners go by their names; one without is called `public`. */
function otherTls(before: unknown, after: unknown): FieldProblem[] {
  const said = (data: unknown): Map<unknown, string> =>
    new Map(
      listOf(data, ['listeners']).map((listener) => [
        part(listener, ['name']) ?? LISTENER_DEFAULT,
        JSON.stringify(part(listener, ['tls']) ?? null),
      ]),
    );
  const [old, now] = [said(before), said(after)];
  const changed: Path[] = [...now.keys()].flatMap((name, at) =>
    now.get(name) === (old.get(name) ?? NO_TLS) ? [] : [['listeners', at, 'tls']],
  );
  const tlsOf = (data: unknown, pool: string): string => JSON.stringify(part(data, ['pools', pool, 'tls']) ?? null);
  const pools = part(after, ['pools']);
  for (const pool of typeof pools === 'object' && pools !== null ? Object.keys(pools) : [])
    if (tlsOf(before, pool) !== tlsOf(after, pool)) changed.push(['pools', pool, 'tls']);
  return changed.map((path) => ({
    path: fieldPath(path),
    message: 'only the configuration file may change it; leave it as it is here',
  }));
}

function withoutOperator(before: unknown, after: unknown, tokens: () => readonly TokenEntry[]): FieldProblem[] {
  const isOperator = (token: unknown): boolean => part(token, ['role']) === 'operator';
  if (!listAt(before).some(isOperator) || listAt(after).some(isOperator)) return [];
  if (tokens().some((token) => token.kept !== 'configuration' && isOperator(token) && token.expiresAt === null)) {
    return [];
  }
  const message =
    'this would leave no operator who could change anything any more; make a token first (POST /admin/tokens), or keep one here';
  return [{ path: 'admin.tokens', message }];
}

function takenNames(before: unknown, after: unknown, tokens: () => readonly TokenEntry[]): FieldProblem[] {
  const nameOf = (token: unknown): unknown => part(token, ['name']);
  const known = new Set(listAt(before).map(nameOf));
  const fresh = listAt(after).map(nameOf);
  if (fresh.every((name) => known.has(name))) return [];
  const made = new Set<unknown>(tokens().flatMap(({ kept, name }) => (kept === 'configuration' ? [] : [name])));
  return fresh.flatMap((name, at) =>
    made.has(name) && !known.has(name)
      ? [
          {
            path: fieldPath(['admin', 'tokens', at, 'name']),
            message: 'a token of this name was made here; give this one another name, or revoke that one first',
          },
        ]
      : [],
  );
}

function listAt(data: unknown): readonly unknown[] {
  return listOf(data, ['admin', 'tokens']);
}

function listOf(data: unknown, path: readonly string[]): readonly unknown[] {
  const list = part(data, path);
  return Array.isArray(list) ? (list as readonly unknown[]) : [];
}

/** Undefined when there is no such part. */
function part(data: unknown, path: readonly string[]): unknown {
  let now = data;
  for (const key of path) {
    if (typeof now !== 'object' || now === null || !Object.hasOwn(now, key)) return undefined;
    now = (now as Record<string, unknown>)[key];
  }
  return now;
}

/** Visits every text, those in the maps that `!!omap` makes among them. Data that holds itself is visited once. */
function eachText(data: unknown, path: Path, visit: (text: string, path: Path) => void): void {
  const seen = new Set<object>();
  const open: { readonly value: unknown; readonly path: Path }[] = [{ value: data, path }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, path: at } = next;
    if (typeof value === 'string') visit(value, at);
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    const entries = value instanceof Map ? [...value] : Object.entries(value);
    for (const [key, one] of entries.toReversed()) {
      const step = Array.isArray(value) ? Number(key) : String(key);
      open.push({ value: one as unknown, path: [...at, step] });
    }
  }
}
