/** What a route may name: hosts, paths, and the prefix that it takes off. */
import { shorten, type Reading } from './quantities.ts';

const LABEL = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const HOST = new RegExp(`^(?:\\*\\.)?${LABEL}(?:\\.${LABEL})*\\.?(?::\\d{1,5})?$`);

/** Lower case, without a closing dot: `*.example.com`, `example.com:8443`, `[::1]`. */
export function readHostPattern(raw: string): Reading<string> {
  const text = raw.toLowerCase();
  const port = /:(\d{1,5})$/.exec(text)?.[1];
  const known = HOST.test(text) || /^\[[0-9a-f:.]+\](?::\d{1,5})?$/.test(text);
  if (!known || (port !== undefined && Number(port) > 65_535)) {
    const hint = /^https?:\/\//.test(text)
      ? 'leave the scheme out'
      : 'write `example.com`, `*.example.com` or `example.com:8443`';
    return { problem: `\`${shorten(raw)}\` is not a host; ${hint}` };
  }
  return { value: text.replace(/\.(?=$|:)/, '') };
}

export interface PathPattern {
  /** Canonical: unreserved characters plain, no closing slash but in `/`. */
  readonly path: string;
  readonly exact: boolean;
}

/** `/api`, `/api/` (the same) or `=/x`. */
export function readPathPattern(raw: string): Reading<PathPattern> {
  const exact = raw.startsWith('=');
  const path = exact ? raw.slice(1) : raw;
  const problem = pathProblem(path);
  if (problem !== null) return { problem };
  const canonical = canonicalPath(path);
  return { value: { path: exact || canonical === '/' ? canonical : canonical.replace(/\/$/, ''), exact } };
}

/** Canonical and without a closing slash; '' for nothing. */
export function readStripPrefix(raw: string): Reading<string> {
  if (raw === '' || raw === '/') return { value: '' };
  const problem = pathProblem(raw);
  return problem === null ? { value: canonicalPath(raw).replace(/\/$/, '') } : { problem };
}

function pathProblem(path: string): string | null {
  const shown = shorten(path);
  if (!path.startsWith('/')) return `\`${shown}\` does not begin with \`/\`; write \`/${path.replace(/^\*?\/?/, '')}\``;
  if (/[*{}]/.test(path))
    return `\`${shown}\`: paths hold no wildcards; a path matches everything below it, \`=\` in front only itself`;
  if (/[?#]/.test(path)) return `\`${shown}\`: only the path is matched, without \`?\` and \`#\``;
  if (/[\s\\;\u0000-\u001f\u007f]/.test(path))
    return `\`${shown}\` holds a space, control character, \`\\\` or \`;\`; backends read those differently`;
  if (path.includes('//')) return `\`${shown}\` holds an empty segment (\`//\`); write one slash`;
  if (/%(?![0-9a-f]{2})/i.test(path)) return `\`${shown}\` holds a \`%\` that two hexadecimal digits do not follow`;
  if (/%(2f|5c|25|3b|00)/i.test(path))
    return `\`${shown}\` holds an encoded \`/\`, \`\\\`, \`;\`, \`%\` or NUL; backends read those differently`;
  if (/\/\.\.?(\/|$)/.test(canonicalPath(path)))
    return `\`${shown}\` holds a dot segment; write the path that it stands for`;
  return null;
}

/** Percent-encoded as a client sends it: unreserved characters plain (RFC 3986, section 6.2.2.2), the rest in capitals. */
function canonicalPath(path: string): string {
  let text = '';
  for (const [part] of path.matchAll(/%[0-9a-f]{2}|[^%]/giu)) {
    if (!part.startsWith('%'))
      text += part.charCodeAt(0) < 0x80 && !/["<>^`|]/.test(part) ? part : encodeURIComponent(part);
    else text += decoded(part);
  }
  return text;
}

function decoded(part: string): string {
  const char = String.fromCharCode(Number.parseInt(part.slice(1), 16));
  return /[A-Za-z0-9._~-]/.test(char) ? char : part.toUpperCase();
}
