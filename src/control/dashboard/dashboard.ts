/**
 * The dashboard as answers. Pages are asked for anew each time and answered with 304 when they are the same; what they load
 * has its content in its name and is never asked for twice. It holds no data: it asks for it like everyone else.
 */
import { join } from 'node:path';
import { empty, problem, type Answer } from '../admin/answer.ts';
import { statusPage } from '../admin/status-page.ts';
import { BuiltFiles, type BuiltFile } from './built-files.ts';
import { codingFor } from './coding.ts';

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  json: 'application/json',
  woff2: 'font/woff2',
};

/** Scripts and styles of the build and nothing else; style attributes and inline scripts do nothing. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** RFC 8246. A year, the longest that caches are asked for. */
const FOR_EVER = 'public, max-age=31536000, immutable';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

export class Dashboard {
  readonly #files: BuiltFiles;

  /** `folder`: where the build lies. */
  constructor(folder: string) {
    this.#files = new BuiltFiles(folder);
  }

  /** The one document that all pages are; the status page where nothing was built. */
  async page(headers: Headers): Promise<Answer> {
    const file = (await this.#files.current(true))?.get('index.html');
    if (file === undefined) return statusPage();
    return answerOf(file, 'index.html', headers);
  }

  async asset(name: string, headers: Headers): Promise<Answer> {
    const path = `assets/${name}`;
    // A page of a build that has just been made may come before anybody has asked for it here.
    const file = (await this.#files.current(false))?.get(path) ?? (await this.#files.current(true))?.get(path);
    if (file !== undefined) return answerOf(file, path, headers);
    return problem(404, 'Not found', 'There is no such file in the dashboard that is served now. Load the page again.');
  }
}

/** The one of this installation. */
export const DASHBOARD = new Dashboard(join(import.meta.dirname, '../../../web/dist'));

function answerOf(file: BuiltFile, path: string, headers: Headers): Answer {
  const coding = codingFor(headers['accept-encoding'], file.bodies);
  // A copy has a name of its own (RFC 9110, 8.8.3.3).
  const etag = `"${file.etag}${coding === 'identity' ? '' : `-${coding}`}"`;
  const fields = {
    // With scripts too: one that runs as a worker of its own obeys the policy that it came with (CSP 3, 4.2.2).
    'content-security-policy': POLICY,
    etag,
    'cache-control': file.fingerprinted ? FOR_EVER : 'no-cache',
    ...(Object.keys(file.bodies).length > 1 && { vary: 'accept-encoding' }),
  };
  if (names(headers['if-none-match'], etag)) return empty(304, fields);
  return {
    status: 200,
    type: TYPES[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream',
    body: file.bodies[coding] ?? file.bodies.identity,
    headers: { ...fields, ...(coding !== 'identity' && { 'content-encoding': coding }) },
  };
}

/** If-None-Match compares weakly (RFC 9110, 13.1.2). */
function names(field: string | string[] | undefined, etag: string): boolean {
  if (field === undefined) return false;
  const tags = [field].flat().join(',').split(',');
  return tags.some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
}
