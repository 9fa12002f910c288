/**
 * The OpenAPI 3.1 document, made from the very calls that are served. It is made when it is first asked for, by a thread of
 * its own: what makes it takes a tenth of a second to load, and most processes are never asked.
 */
import type { FastifySchema } from 'fastify';
import { z } from 'zod';
import type { AnyCall, Given } from './call.ts';
import { problemGiven } from './fields.ts';

const DESCRIPTION = `Reading takes a viewer's token, changing an operator's, sent as \`Authorization: Bearer TOKEN\` or as the
session's cookie. Errors are problem details (RFC 9457); \`errors\` names each field. Changes take \`If-Match\` with the ETag of the
configuration that they are made for, and \`?dryRun=true\` to see what would change.`;

const ACCESS = {
  open: 'Needs no token.',
  read: 'Needs a viewer, unless `admin.publicRead` is on.',
  metrics: 'Needs a viewer, unless `admin.publicMetrics` or `admin.publicRead` is on.',
  'signed-in': 'Needs a token or a session, of any role.',
  operate: 'Needs an operator.',
} as const;

/** Resolves with the document as JSON text. */
export async function describeCalls(calls: readonly AnyCall[], version: string): Promise<string> {
  const [{ default: fastify }, { default: swagger }, { jsonSchemaTransform }] = await Promise.all([
    import('fastify'),
    import('@fastify/swagger'),
    import('fastify-type-provider-zod'),
  ]);
  const app = fastify({ exposeHeadRoutes: false });
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => () => '');
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'EdgeBalancer admin API', version: version === '' ? '0.0.0' : version, description: DESCRIPTION },
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer' },
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: 'eb_session',
            description: 'Under TLS it is named `__Host-eb_session`, and no other counts.',
          },
        },
      },
    },
    transform: jsonSchemaTransform,
  });
  for (const call of calls) {
    app.route({ method: call.method, url: call.path, schema: schemaOf(call), handler: () => '' });
  }
  await app.ready();
  const document = JSON.stringify(app.swagger());
  await app.close();
  return document;
}

function schemaOf(call: AnyCall): FastifySchema {
  const { params, query, body, headers, versioned = false } = call;
  return {
    operationId: call.id,
    summary: call.summary,
    description: ACCESS[call.access],
    tags: [call.tag],
    security: call.access === 'open' ? [] : [{ token: [] }, { session: [] }],
    ...(call.yaml === true && { consumes: ['application/json', 'application/yaml'] }),
    ...(params !== undefined && { params }),
    ...(query !== undefined && { querystring: query }),
    ...(body !== undefined && { body }),
    ...(headers !== undefined && { headers }),
    ...(versioned && { headers: IF_MATCH }),
    response: Object.fromEntries(Object.entries(givenBy(call)).map(([status, given]) => [status, responseOf(given)])),
  };
}

/** What a call says that it gives, and what any call like it may give. */
export function givenBy(call: AnyCall): Readonly<Record<string, Given>> {
  const changes = call.method !== 'GET';
  return {
    ...(call.query !== undefined || call.params !== undefined || call.body !== undefined ? { 400: BAD } : {}),
    ...(call.access === 'open' ? {} : { 401: NOT_SIGNED_IN }),
    ...(changes || call.access === 'operate' ? { 403: FORBIDDEN } : {}),
    ...(call.body === undefined ? {} : { 413: TOO_LARGE, 415: WRONG_TYPE }),
    429: TOO_MANY,
    ...call.gives,
  };
}

function responseOf({ says, schema, types = ['application/json'] }: Given): unknown {
  // How the plugin is told of an answer without a body.
  if (schema === null) return z.null().meta({ description: says });
  return { description: says, content: Object.fromEntries(types.map((type) => [type, { schema }])) };
}

const IF_MATCH = z.object({
  'if-match': z.string().optional().meta({ description: 'The ETag that the change is made for' }),
});

const BAD = problemGiven('Something in the request is wrong; `errors` names each field');
const NOT_SIGNED_IN = problemGiven('No token, or one that is wrong, revoked or expired');
const FORBIDDEN = problemGiven("The role is too low, or another site's page asks");
const TOO_LARGE = problemGiven('The body is too large');
const WRONG_TYPE = problemGiven('The body is not of a type that is taken');
const TOO_MANY = problemGiven('Too many requests, or too many wrong tokens; Retry-After says how long to wait');
