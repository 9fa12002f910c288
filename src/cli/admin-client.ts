/** The admin API as commands speak it: JSON over one connection, and refusals as sentences that say what to do. */
import { request as requestHttp, Agent as HttpAgent, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { request as requestHttps, Agent as HttpsAgent } from 'node:https';
import { adminPlace, type AdminOptions, type AdminPlace } from './admin-place.ts';
import { refusalText } from './admin-refusal.ts';
import { isAnswer } from './answer-shape.ts';
import { CommandError } from './command-error.ts';
import type { Io } from './io.ts';

/** Far above any answer: a configuration has at most 4 MiB, and 24 hours of history less. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Asking {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as JSON; text as it is, as `type`. */
  readonly body?: unknown;
  /** Of a body that is text. */
  readonly type?: string;
  readonly accept?: string;
  readonly ifMatch?: string | undefined;
}

export interface Reply {
  readonly status: number;
  readonly etag: string | undefined;
  readonly text: string;
}

export class AdminClient {
  readonly place: AdminPlace;
  readonly #agent: HttpAgent | HttpsAgent;

  constructor(place: AdminPlace) {
    this.place = place;
    const keep = { keepAlive: true, maxSockets: 4 };
    this.#agent = place.base.protocol === 'https:' ? new HttpsAgent(keep) : new HttpAgent(keep);
  }

  /** Throws a `CommandError` for anything but an answer below 300. `path` is relative: `admin/backends`. */
  async ask(method: Method, path: string, asking: Asking = {}): Promise<Reply> {
    const url = new URL(path, this.place.base);
    for (const [name, value] of Object.entries(asking.query ?? {}))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const answer = await this.#exchange(method, url, asking);
    if (answer.status >= 300) throw new CommandError(refusalText(answer, this.place, `${this.place.shown}/${path}`));
    return answer;
  }

  /** The answer's JSON. Its shape is the contract's; it is not checked further than that another server's is told. */
  async json<T>(
    method: Method,
    path: string,
    asking: Asking = {},
  ): Promise<{ readonly data: T; readonly etag?: string }> {
    const { text, etag } = await this.ask(method, path, asking);
    let data: unknown;
    try {
      data = JSON.parse(text);
    } catch {
      throw new CommandError(`${this.place.shown}/${path} did not answer with JSON. ${HINT}`);
    }
    if (!isAnswer(method, path, data))
      throw new CommandError(`${this.place.shown}/${path} does not answer as an admin API does. ${HINT}`);
    return { data: data as T, ...(etag !== undefined && { etag }) };
  }

  async get<T>(path: string, query: Asking['query'] = {}): Promise<T> {
    return (await this.json<T>('GET', path, { query })).data;
  }

  /** Its connections keep no process alive once it is closed. */
  close(): void {
    this.#agent.destroy();
  }

  async #exchange(method: Method, url: URL, asking: Asking): Promise<Answer> {
    const { place } = this;
    const { body, type = 'application/json', ifMatch, accept } = asking;
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const headers: OutgoingHttpHeaders = {
      accept: accept ?? 'application/json',
      ...(place.token !== null && { authorization: `Bearer ${place.token}` }),
      ...(text !== undefined && { 'content-type': type, 'content-length': Buffer.byteLength(text) }),
      ...(ifMatch !== undefined && { 'if-match': ifMatch }),
    };
    const options = {
      method,
      headers,
      agent: this.#agent,
      signal: AbortSignal.timeout(place.timeoutMs),
      ...(place.socketPath !== null && { socketPath: place.socketPath }),
    };
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    try {
      return await new Promise<Answer>((resolve, reject) => {
        // Nothing is followed: a token goes where the operator has sent it, and nowhere else.
        const outgoing = send(url, options, (incoming) => receive(incoming).then(resolve, reject));
        outgoing.on('error', reject);
        outgoing.end(text);
      });
    } catch (error) {
      throw error instanceof CommandError ? error : unreachable(error, place);
    }
  }
}

export interface Answer extends Reply {
  readonly retryAfter: string | undefined;
}

async function receive(incoming: IncomingMessage): Promise<Answer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of incoming as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > ANSWER_BYTES_MAX) throw new CommandError('The answer is larger than any of the admin API.');
    parts.push(part);
  }
  const { statusCode = 0, headers } = incoming;
  const text = Buffer.concat(parts).toString('utf8');
  return { status: statusCode, etag: headers.etag, retryAfter: headers['retry-after'], text };
}

export const HINT = `Is edgebalancer running there? --admin URL names another place; npm start answers at http://127.0.0.1:8080.`;

export function unreachable(error: unknown, place: AdminPlace): CommandError {
  const { name, code, message } = error as NodeJS.ErrnoException;
  const why =
    name === 'AbortError' || name === 'TimeoutError'
      ? `nothing came within ${place.timeoutMs / 1000} s`
      : code === 'ECONNREFUSED'
        ? 'nothing listens there'
        : code === 'ENOTFOUND'
          ? 'the name leads nowhere'
          : code === 'EPROTO' || code?.startsWith('ERR_SSL_') === true
            ? 'it speaks no TLS; write http://'
            : message !== ''
              ? message
              : (code ?? 'the connection failed');
  return new CommandError(`No answer from ${place.shown}: ${why}. ${HINT}`);
}

/** Runs with a client, and closes it. */
export async function withAdmin<T>(
  options: AdminOptions,
  io: Io,
  run: (client: AdminClient) => Promise<T>,
): Promise<T> {
  const client = new AdminClient(adminPlace(options, io));
  try {
    return await run(client);
  } finally {
    client.close();
  }
}
