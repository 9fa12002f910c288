/**
 * The page that shows the OpenAPI document. Its script comes out of a package, not from elsewhere, and the page's policy lets
 * it reach nothing but this server. It is large, so it is loaded when it is first asked for, and kept compressed.
 */
import { createHash, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { text, type Answer } from './answer.ts';

const OPTIONS = {
  url: 'openapi.json',
  hideClientButton: true,
  telemetry: false,
  withDefaultFonts: false,
  hideTestRequestButton: false,
  persistAuth: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  showDeveloperTools: 'never',
};

const START = `Scalar.createApiReference('#app', ${JSON.stringify(OPTIONS)});`;

/** Two styles of the script's that do not carry the page's nonce: those of its notices and of its theme, by their content. */
const UNMARKED_STYLES =
  "'sha256-l/2OpPg0d+2VLTLgwjf5mQo2CYwHDEqdj5TjbfEyVJI=' 'sha256-T13Uev3xCax2N28XaoAE8DOzQZKvPp7ZQVAi1iRREjo='";

/** The path of the page has no slash at its end, so what it names lies beside it. */
export function docsPage(): Answer {
  const nonce = randomBytes(18).toString('base64');
  const policy = [
    "default-src 'none'",
    `script-src 'self' '${hashOf(START)}'`,
    `style-src 'nonce-${nonce}' ${UNMARKED_STYLES}`,
    "style-src-attr 'unsafe-inline'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  const html = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta property="csp-nonce" content="${nonce}" nonce="${nonce}" />
    <title>EdgeBalancer admin API</title>
  </head>
  <body>
    <div id="app"></div>
    <script src="docs/reference.js"></script>
    <script>${START}</script>
  </body>
</html>
`;
  return text('text/html; charset=utf-8', html, { 'content-security-policy': policy.join('; ') });
}

let compressed: Promise<Buffer> | null = null;

export async function docsScript(accept: string | string[] | undefined): Promise<Answer> {
  const bytes = await (compressed ??= loadScript());
  const type = 'text/javascript; charset=utf-8';
  if (/\bgzip\b/.test(String(accept))) {
    return text(type, bytes, { 'content-encoding': 'gzip', vary: 'accept-encoding' });
  }
  return text(type, await promisify(gunzip)(bytes), { vary: 'accept-encoding' });
}

/** The package is a plugin that serves its script; it is asked for it once. */
async function loadScript(): Promise<Buffer> {
  const [{ default: fastify }, { default: reference }] = await Promise.all([
    import('fastify'),
    import('@scalar/fastify-api-reference'),
  ]);
  const app = fastify();
  await app.register(reference, { routePrefix: '/docs', configuration: { content: {} } });
  const { rawPayload } = await app.inject('/docs/js/scalar.js');
  await app.close();
  return promisify(gzip)(rawPayload, { level: 6 });
}

function hashOf(script: string): string {
  return `sha256-${createHash('sha256').update(script).digest('base64')}`;
}
