/**
 * A configuration for eyes that must not see its secrets, and the way back: whoever reads it, changes something else and
 * writes it again has changed something else.
 *
 * Secret are: hashes of tokens; values of header fields whose name says so (../../observe/secret-names.ts), where routes
 * set, add or compare them; of any header field for the collector of traces; credentials and secret parameters in any URL. `${NAME}` is no secret, it says where one is
 * kept; what stands behind `:-` in it is one.
 *
 * `***` at such a place stands for what was there. Entries of lists are found again by their names, never by position:
 * a list that has lost an entry must not give each token the hash of its neighbour.
 */
import { isSecretName } from '#observe/secret-names.ts';
import type { FieldProblem } from '#contract/control.ts';
import type { ConfigDocument } from './document.ts';
import { fieldPath, Invalid } from './invalid.ts';
import type { Path } from './problem.ts';
import { entryName, isMapping, same } from './tree.ts';

export const HIDDEN = '***';

/** Places whose whole value is secret; `*` is any key or entry, `?` a key whose name says that it is one. */
const SECRET_PLACES: readonly (readonly string[])[] = [
  ['admin', 'tokens', '*', 'hash'],
  ['routes', '*', 'headers', '*', 'set', '?'],
  ['routes', '*', 'headers', '*', 'add', '?'],
  ['routes', '*', 'match', 'headers', '?'],
  ['tracing', 'headers', '*'],
];

/** A copy with every secret hidden. */
export function redact(data: unknown): unknown {
  return mapTexts(data, [], (text, path) => hiddenAt(path, text));
}

/** The same for a document, whose comments stay: what somebody has written into a comment is not hidden. */
export function redactDocument(document: ConfigDocument): ConfigDocument {
  const copy = document.clone();
  mapTexts(copy.data(), [], (text, path) => {
    const hidden = hiddenAt(path, text);
    if (hidden !== text) copy.set(path, hidden);
    return text;
  });
  return copy;
}

/** `edited` with what `redact` hid of `original` in its place again. Throws `Invalid` where `***` stands for nothing. */
export function restore(edited: unknown, original: unknown): unknown {
  const problems: FieldProblem[] = [];
  const restored = mapTexts(edited, [], (text, path) => {
    if (!text.includes(HIDDEN) || !isSecretPlace(path, text)) return text;
    const before = counterpart(edited, original, path);
    if ((typeof before === 'string' || typeof before === 'number') && hiddenAt(path, String(before)) === text)
      return before;
    problems.push({
      path: fieldPath(path),
      message: `\`${HIDDEN}\` stands for a secret that is there already, and here is none that reads so; write the secret itself, or \`\${NAME}\``,
    });
    return text;
  });
  if (problems.length > 0) throw new Invalid(problems);
  return restored;
}

/** A text of any place, without credentials and secret parameters of URLs. */
export function hideInUrl(text: string): string {
  if (!text.includes('://')) return text;
  return text
    .replaceAll(/([a-z][a-z0-9+.-]*:\/\/)([^\s/@?#]+(?:@[^\s/@?#]+)*)@/gi, (all, scheme: string, who: string) =>
      isReference(who) ? all : `${scheme}${HIDDEN}@`,
    )
    .replaceAll(/([?&;])([^=&;#\s]+)=([^&;#\s]+)/g, (all, mark: string, name: string, value: string) =>
      isSecretField(name) && !isReference(value) ? `${mark}${name}=${HIDDEN}` : all,
    );
}

/** Whether a field or parameter of this name holds a secret. */
export function isSecretField(name: string): boolean {
  const bytes = Buffer.from(name, 'latin1');
  return isSecretName(bytes, 0, bytes.length);
}

/** A value that is secret as a whole: hidden, unless all that it says is where the secret is kept. */
export function hideValue(text: string): string {
  return text === '' || isReference(text) ? text : HIDDEN;
}

function hiddenAt(path: Path, text: string): string {
  return isWholeSecret(path) ? hideValue(text) : hideInUrl(text);
}

/** References without defaults, the name of a scheme (RFC 9110, section 11.1) in front, `:` between name and password. */
function isReference(text: string): boolean {
  return (
    text.includes('${') &&
    /^(?:bearer|basic|token|digest|apikey)? *:?$/i.test(text.replaceAll(/\$\{[A-Za-z_]\w*\}/g, ''))
  );
}

function isSecretPlace(path: Path, text: string): boolean {
  return isWholeSecret(path) || text.includes('://');
}

function isWholeSecret(path: Path): boolean {
  return SECRET_PLACES.some(
    (place) =>
      place.length === path.length &&
      place.every((step, at) => step === '*' || (step === '?' ? isSecretField(String(path[at])) : step === path[at])),
  );
}

function mapTexts(value: unknown, path: Path, map: (text: string, path: Path) => unknown): unknown {
  if (typeof value === 'string') return map(value, path);
  // `hash: 12345…` and `authorization: 1` read as numbers, and are secrets all the same.
  if (typeof value === 'number' && isWholeSecret(path)) return map(String(value), path);
  if (Array.isArray(value)) return value.map((one, at) => mapTexts(one, [...path, at], map));
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, mapTexts(one, [...path, key], map)]));
}

/** What stands in `original` where `path` leads in `edited`. */
function counterpart(edited: unknown, original: unknown, path: Path): unknown {
  let now: unknown = edited;
  let before: unknown = original;
  for (const step of path) {
    if (typeof step === 'number' && Array.isArray(now) && Array.isArray(before)) {
      now = now[step] as unknown;
      before = entryLike(before, now);
    } else if (isMapping(now) && isMapping(before) && Object.hasOwn(before, step)) {
      now = now[step];
      before = before[step];
    } else return undefined;
  }
  return before;
}

function entryLike(list: readonly unknown[], entry: unknown): unknown {
  const name = entryName(entry);
  const named = list.filter((one) => entryName(one) === name);
  if (name !== null && named.length === 1) return named[0];
  return list.find((one) => same(redact(one), entry));
}
