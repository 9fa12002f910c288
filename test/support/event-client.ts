/** Listens to `/admin/events` over real HTTP, and keeps all that comes. */
import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { EventReader } from '#cli/event-reader.ts';
import type { EventData } from '#contract/events.ts';
import { until } from './until.ts';

export interface Heard {
  readonly type: keyof EventData;
  readonly id: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a test looks at what is not typed
  readonly data: any;
}

export interface Listening {
  readonly token?: string;
  readonly query?: string;
  readonly lastId?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export class EventClient {
  readonly events: Heard[] = [];
  /** All that came, as text. */
  text = '';
  /** `ended`: in order; `cut`: not. */
  over: 'ended' | 'cut' | null = null;
  readonly #answer: IncomingMessage;
  readonly #reader = new EventReader();

  private constructor(answer: IncomingMessage) {
    this.#answer = answer;
    answer.on('data', (part: Buffer) => {
      this.text += part.toString();
      for (const { type, id, data } of this.#reader.push(part))
        this.events.push({ type: type as Heard['type'], id, data: JSON.parse(data) });
    });
    answer.on('end', () => (this.over = 'ended'));
    answer.on('error', () => (this.over ??= 'cut'));
    answer.on('close', () => (this.over ??= 'cut'));
  }

  /** Resolves when the answer has begun, whatever it is. */
  static open(port: number, { token, query = '', lastId, headers = {} }: Listening = {}): Promise<EventClient> {
    const all = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(lastId !== undefined && { 'last-event-id': lastId }),
      ...headers,
    };
    return new Promise((resolve, reject) => {
      const path = `/admin/events${query}`;
      const outgoing = request({ host: '127.0.0.1', port, path, headers: all, agent: false }, (answer) =>
        resolve(new EventClient(answer)),
      );
      outgoing.on('error', reject).end();
    });
  }

  get status(): number {
    return this.#answer.statusCode ?? 0;
  }

  get headers(): IncomingHttpHeaders {
    return this.#answer.headers;
  }

  get lastId(): string {
    return this.#reader.lastId;
  }

  /** Without figures. */
  get changes(): Heard[] {
    return this.events.filter(({ type }) => type !== 'metrics');
  }

  heard(what: string, test: (heard: Heard) => boolean): Promise<Heard> {
    return until(what, () => this.events.find(test));
  }

  /** Waits for its beginning, which has an id and no event. */
  async begun(): Promise<this> {
    await until('the stream to begin', () => this.lastId !== '');
    return this;
  }

  untilOver(): Promise<'ended' | 'cut'> {
    return until('the stream to be over', () => this.over);
  }

  /** Reads nothing more. */
  pause(): void {
    this.#answer.pause();
  }

  resume(): void {
    this.#answer.resume();
  }

  close(): void {
    this.#answer.destroy();
  }
}
