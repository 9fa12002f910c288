/**
 * Open-loop load at a fixed rate, in the test's own process: requests are sent when they are due, whatever the answers do, each
 * with a number; each answer is checked to its last byte. What a test does meanwhile follows counts of answers, not times.
 */
import { createHash } from 'node:crypto';
import type { TestContext } from 'node:test';
import { until } from '../../support/until.ts';
import { LoadConnection, type ConnectionOwner, type Raw, type Shape } from './load-connection.ts';
import { LoadResult, type Answer, type Ending } from './load-result.ts';
import { answerBody, BACKEND_HEADER, fieldOf, RECEIVED_HEADER, requestBody } from './payload.ts';

export interface LoadOptions {
  readonly port: number;
  readonly perSecond: number;
  /** Opened at once, so that every worker has some; more when all are busy. */
  readonly connections?: number;
  readonly path?: string;
  /** What request number `n` is like; a GET unless given. */
  readonly shape?: (n: number) => Shape;
}

const EACH_MS = 2;
const CONNECTIONS_MAX = 4000;
const LIMIT_MS = 30_000;
const GET: Shape = { method: 'GET' };

interface Sent {
  readonly id: string;
  readonly shape: Shape;
  /** When it was due. */
  readonly dueMs: number;
}

/** Loads of one process never share a number. */
let loads = 0;

export class Load implements ConnectionOwner {
  readonly answers: Answer[] = [];
  sent = 0;
  readonly #options: Required<LoadOptions>;
  readonly #name = `L${++loads}`;
  readonly #startMs = performance.now();
  readonly #timer: NodeJS.Timeout;
  readonly #all = new Set<LoadConnection>();
  /** First in, first out: each connection gets its turn. */
  readonly #idle: LoadConnection[] = [];
  readonly #busy = new Map<LoadConnection, Sent>();

  private constructor(options: LoadOptions) {
    this.#options = { connections: 16, path: '/proxy/x', shape: () => GET, ...options };
    for (let count = 0; count < this.#options.connections; count++) this.#idle.push(this.#connect());
    this.#timer = setInterval(() => this.#sendDue(), EACH_MS);
  }

  /** Ended with the test, should that not have done it. */
  static start(t: Pick<TestContext, 'after'>, options: LoadOptions): Load {
    const load = new Load(options);
    t.after(() => load.#end());
    return load;
  }

  /** Requests that wait for their answer. */
  get pending(): number {
    return this.#busy.size;
  }

  /** Resolves when so many more answers have come, good or bad. */
  async answered(more: number): Promise<void> {
    const wanted = this.answers.length + more;
    await until(`${more} more answers`, () => this.answers.length >= wanted, LIMIT_MS);
  }

  /** Sends no more, waits for the answers that are due. */
  async stop(): Promise<LoadResult> {
    clearInterval(this.#timer);
    await until('the last answers', () => this.#busy.size === 0, LIMIT_MS).catch((error: Error) => {
      const waiting = [...this.#busy].map(([connection, { id }]) => `${id} (${connection.state})`);
      throw new Error(`${error.message}: ${waiting.join(', ')}`);
    });
    this.#end();
    return new LoadResult(this.sent, this.answers);
  }

  onAnswer(connection: LoadConnection, raw: Raw): void {
    const sent = this.#busy.get(connection) as Sent;
    this.#busy.delete(connection);
    this.answers.push(judge(sent, raw));
    if (!connection.over) this.#idle.push(connection);
  }

  onGone(connection: LoadConnection): void {
    this.#all.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  #sendDue(): void {
    const { perSecond, shape, path } = this.#options;
    const due = Math.floor(((performance.now() - this.#startMs) * perSecond) / 1000);
    while (this.sent < due) {
      const n = this.sent++;
      const sent = { id: `${this.#name}-${n}`, shape: shape(n), dueMs: this.#startMs + (n * 1000) / perSecond };
      const connection = this.#idle.shift() ?? this.#connect();
      this.#busy.set(connection, sent);
      connection.send(sent.id, path, sent.shape);
    }
  }

  #connect(): LoadConnection {
    if (this.#all.size >= CONNECTIONS_MAX) throw new Error(`more than ${CONNECTIONS_MAX} requests wait for an answer`);
    const connection = new LoadConnection(this.#options.port, this);
    this.#all.add(connection);
    return connection;
  }

  #end(): void {
    clearInterval(this.#timer);
    for (const connection of this.#all) connection.destroy();
  }
}

/** What became of a request. */
function judge({ id, shape, dueMs }: Sent, raw: Raw): Answer {
  const { head } = raw;
  const backend = fieldOf(head, BACKEND_HEADER);
  const status = Number(head.slice(9, 12)) || 0;
  return {
    id,
    method: shape.method,
    status,
    reason: fieldOf(head, 'x-edgebalancer-reason'),
    retryAfter: fieldOf(head, 'retry-after'),
    backend,
    ending: ending(raw, id, backend, status, shape),
    error: raw.error,
    ms: performance.now() - dueMs,
  };
}

function ending(raw: Raw, id: string, backend: string, status: number, shape: Shape): Ending {
  if (raw.head === '') return 'lost';
  if (!raw.whole) return 'cut';
  if (backend === '' || status >= 300) return 'whole';
  const body = Buffer.concat(raw.body);
  if (!body.equals(answerBody(backend, id, body.length))) return 'wrong';
  const sent = requestBody(id, shape.bytes ?? 0);
  return fieldOf(raw.head, RECEIVED_HEADER) === describeBody(sent) ? 'whole' : 'wrong';
}

/** As backends describe what they received. */
export function describeBody(body: Buffer): string {
  return `${body.length}/${createHash('sha1').update(body).digest('hex')}`;
}
