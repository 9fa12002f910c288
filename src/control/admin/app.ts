/**
 * The calls as a fastify application. A request is judged before its body is read: rights, then the body's type and size,
 * then its content. Whatever goes wrong is answered as a problem (RFC 9457), and never repeats what was sent.
 */
import { Readable } from 'node:stream';
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Log } from '#core/ports.ts';
import type { Arrival, Caller } from '../auth/caller.ts';
import type { Verdict } from '../auth/gate.ts';
import type { Access } from '../auth/roles.ts';
import { nearest } from '../config/nearest.ts';
import { badRequest, problem, type Answer } from './answer.ts';
import type { AnyCall, Api, Asked } from './call.ts';
import { answerToThrown } from './change.ts';
import type { HeldAnswers } from './held-answers.ts';
import { BadInput, readInput } from './input.ts';
import { readJson } from './json-text.ts';
import { YamlText } from './yaml-text.ts';

const BODY_BYTES_MAX = 64 * 1024;
/** Longer than any id. */
const PARAM_LENGTH_MAX = 1000;

const JSON_TYPE = 'application/json';
const YAML_TYPE = 'application/yaml';

export interface AppOptions {
  readonly api: Api;
  readonly calls: readonly AnyCall[];
  readonly log: Log;
  /** Keeps those waiting who are told to wait. */
  readonly held: HeldAnswers;
  /** How a request came. */
  readonly arrivalOf: (request: FastifyRequest) => Arrival;
}

/** Whether a request may be made at all, before its body is read. */
function judge(request: FastifyRequest, access: Access, { api, arrivalOf }: AppOptions): Verdict {
  const changes = request.method !== 'GET' && request.method !== 'HEAD';
  return api.gate.judge(request.headers, arrivalOf(request), access, changes);
}

async function run(call: AnyCall, request: FastifyRequest, caller: Caller, options: AppOptions): Promise<Answer> {
  const asked: Asked = {
    params: call.params === undefined ? undefined : readInput(call.params, request.params, ''),
    query: readInput(call.query, request.query, '?'),
    body: request.body instanceof YamlText ? request.body : readInput(call.body, request.body, ''),
    caller,
    arrival: options.arrivalOf(request),
    headers: request.headers,
    api: options.api,
    given: { path: pathOf(request), query: request.query as Readonly<Record<string, unknown>> },
  };
  return await call.run(asked);
}

/** Resolves with the application, ready to route. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { calls, log } = options;
  const app = fastify({
    bodyLimit: BODY_BYTES_MAX,
    requestIdHeader: false,
    routerOptions: { maxParamLength: PARAM_LENGTH_MAX },
    frameworkErrors: (error, _, reply) => void sendProblem(error, reply, log, 'a path'),
  });
  const callers = new WeakMap<FastifyRequest, Caller>();
  const routes = new Map(calls.map((call) => [`${call.method} ${call.path}`, call]));
  const callOf = (request: FastifyRequest): AnyCall | undefined => {
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    return routes.get(`${method} ${request.routeOptions.url ?? ''}`);
  };

  takeBodies(app);
  app.addHook('onRequest', (request, reply, done) => {
    const call = request.is404 ? undefined : callOf(request);
    if (call === undefined) return done();
    const verdict = judge(request, call.access, options);
    if (verdict.refusal === null) callers.set(request, verdict.caller);
    const refused = refusalOf(verdict) ?? wrongType(request, call);
    if (refused === null) done();
    else void give(request, reply, refused, options);
  });
  app.setErrorHandler((error: FastifyError, request, reply) => sendProblem(error, reply, log, pathOf(request)));
  app.setNotFoundHandler((request, reply) => {
    const path = pathOf(request);
    // Whether a path is there is nobody's business who may not look.
    const access = request.method === 'GET' || request.method === 'HEAD' ? 'read' : 'signed-in';
    const refused = isPrivate(path) ? refusalOf(judge(request, access, options)) : null;
    void give(request, reply, refused ?? missing(path, calls), options);
  });
  for (const call of calls) {
    app.route({
      method: call.method,
      url: call.path,
      ...(call.bodyLimit !== undefined && { bodyLimit: call.bodyLimit }),
      handler: async (request, reply) => {
        const caller = callers.get(request);
        if (caller === undefined) throw new Error('a request was routed that nobody had judged');
        const answer = await run(call, request, caller, options);
        return give(request, reply, request.method === 'HEAD' ? withoutStream(answer) : answer, options);
      },
    });
  }

  await app.ready();
  return app;
}

function takeBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(JSON_TYPE, { parseAs: 'buffer' }, (_, body, done) => {
    const text = utf8(body as Buffer);
    if (text === '') return done(null, undefined);
    const reading = text === null ? { problem: 'not UTF-8' } : readJson(text);
    if ('problem' in reading) done(new BadInput([{ path: '', message: reading.problem }]));
    else done(null, reading.value);
  });
  app.addContentTypeParser(YAML_TYPE, { parseAs: 'buffer' }, (_, body, done) => {
    const text = utf8(body as Buffer);
    if (text === null) done(new BadInput([{ path: '', message: 'not UTF-8' }]));
    else done(null, new YamlText(text));
  });
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function utf8(bytes: Buffer): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

/** A body must say that it is JSON: no page of another site can send that without being asked first. */
function wrongType({ headers, method }: FastifyRequest, call: AnyCall): Answer | null {
  if (method === 'GET' || method === 'HEAD') return null;
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  if (!hasBody && headers['content-type'] === undefined) return null;
  if (!['', 'identity'].includes(headers['content-encoding']?.trim().toLowerCase() ?? ''))
    return problem(415, 'Unsupported media type', 'Send the body as it is, without Content-Encoding.', {
      'accept-encoding': 'identity',
    });
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const taken = call.yaml === true ? [JSON_TYPE, YAML_TYPE] : [JSON_TYPE];
  if (taken.includes(type)) return null;
  return problem(415, 'Unsupported media type', `Send the body as ${taken.join(' or ')}.`, {
    accept: taken.join(', '),
  });
}

function refusalOf(verdict: Verdict): Answer | null {
  if (verdict.refusal === null) return null;
  const { status, title, detail, retryAfterS } = verdict.refusal;
  if (status === 401) return problem(status, title, detail, { 'www-authenticate': 'Bearer realm="edgebalancer"' });
  return problem(status, title, detail, status === 429 ? { 'retry-after': String(retryAfterS) } : {});
}

/** Nothing at this path, or nothing that this method does. */
function missing(path: string, calls: readonly AnyCall[]): Answer {
  const here = calls.filter((call) => matches(call.path, path)).map(({ method }) => method);
  if (here.length > 0) {
    const allow = here.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
    return problem(405, 'Method not allowed', `This path takes ${allow}.`, { allow });
  }
  const paths = [...new Set(calls.map((call) => shown(call.path)))];
  const near = nearest(path, paths);
  const meant = near === null ? '' : ` Did you mean ${near}?`;
  return problem(404, 'Not found', `There is nothing at this path.${meant} These exist: ${paths.join(', ')}.`);
}

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split('/');
  const given = path.split('/');
  return (
    wanted.length === given.length &&
    wanted.every((part, at) => (part.startsWith(':') ? given[at] !== '' : part === given[at]))
  );
}

/** As the OpenAPI document writes it. */
function shown(path: string): string {
  return path.replaceAll(/:(\w+)/g, '{$1}');
}

function isPrivate(path: string): boolean {
  return path === '/admin' || path.startsWith('/admin/');
}

function pathOf(request: FastifyRequest): string {
  return request.url.split(/[?#]/, 1)[0] as string;
}

function sendProblem(error: FastifyError, reply: FastifyReply, log: Log, path: string): FastifyReply {
  return send(reply, answerToError(error, log, path));
}

function answerToError(error: FastifyError, log: Log, path: string): Answer {
  const thrown = answerToThrown(error);
  if (thrown !== null) return thrown;
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return problem(
        413,
        'Too large',
        'The body is larger than this call takes: 4 MiB for a configuration, 64 KiB for the rest.',
      );
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return problem(415, 'Unsupported media type', `Send the body as ${JSON_TYPE}.`);
    default:
  }
  const status = error.statusCode ?? 500;
  if (status >= 400 && status < 500) return badRequest([{ path: '', message: 'the request cannot be read' }]);
  log.error({ path, error: error.stack ?? String(error) }, 'an admin request failed');
  return problem(500, 'Internal error', 'This is a fault of EdgeBalancer; its log says more.');
}

/** Nobody reads what HEAD asks for: a stream without an end would go on unread. An empty one makes up no length. */
function withoutStream(answer: Answer): Answer {
  if (!(answer.body instanceof Readable)) return answer;
  answer.body.destroy();
  return { ...answer, body: Readable.from([]) };
}

/** Sends an answer, later to whoever is told to wait. */
function give(request: FastifyRequest, reply: FastifyReply, answer: Answer, options: AppOptions): FastifyReply {
  if (answer.status !== 429) return send(reply, answer);
  options.held.hold(request.raw.socket, options.arrivalOf(request).by, () => void send(reply, answer));
  return reply;
}

function send(reply: FastifyReply, { status, type, body, headers = {} }: Answer): FastifyReply {
  reply.code(status).headers(headers);
  if (type !== '') reply.type(type);
  return reply.send(body === '' ? undefined : body);
}
