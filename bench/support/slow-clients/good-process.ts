import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { MessageReader } from '../message-reader.ts';
import { quantile } from '../statistics.ts';
import { DueQueue } from '../tail/due-queue.ts';
import { epochMs } from '../tail/scenarios.ts';

// Good clients beside the slow ones: a few keep-alive connections, each of which asks at a steady pace whatever the answers
// do. A process of its own.

/** `start` begins; `stop` ends and is answered with what was measured. */
export type GoodOrder =
  | { readonly start: { readonly port: number; readonly connections: number; readonly perSecond: number } }
  | { readonly stop: true };

/** Milliseconds, from the moment at which a request could have been sent. */
export interface GoodResult {
  readonly requests: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly worst: number;
  readonly errors: number;
}

/** What has no answer so long after the last request counts as an error. */
const LAST_ANSWERS_MS = 2000;
const REQUEST = 'GET /proxy/ HTTP/1.1\r\nHost: app.test\r\n\r\n';

class Client {
  readonly latenciesMs: number[];
  readonly #socket = new Socket();
  readonly #wanted: number[] = [];
  #asking = false;
  errors = 0;

  constructor(port: number, latenciesMs: number[]) {
    this.latenciesMs = latenciesMs;
    const reader = new MessageReader('response', {
      onHead: (head) => {
        if (!head.startsWith('HTTP/1.1 200')) this.errors += 1;
      },
      onEnd: () => this.#answered(),
    });
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (chunk) => reader.push(chunk as Buffer));
    this.#socket.on('error', () => (this.errors += 1));
    this.#socket.connect({ port, host: '127.0.0.1' });
  }

  /** A request is due now; it waits here while the one before has no answer. */
  ask(): void {
    this.#wanted.push(epochMs());
    if (!this.#asking) this.#send();
  }

  get waits(): boolean {
    return this.#wanted.length > 0;
  }

  /** Ends; what has no answer counts as an error. */
  close(): void {
    this.errors += this.#wanted.length;
    this.#socket.destroy();
  }

  #send(): void {
    this.#asking = true;
    this.#socket.write(REQUEST);
  }

  #answered(): void {
    this.latenciesMs.push(epochMs() - this.#wanted.shift()!);
    this.#asking = false;
    if (this.#wanted.length > 0) this.#send();
  }
}

let running: { readonly clients: Client[]; readonly latenciesMs: number[]; going: boolean } | null = null;

process.on('message', (order: GoodOrder) => {
  if ('start' in order) process.send!(start(order.start));
  else void stop().then((result) => process.send!(result));
});
process.on('disconnect', () => process.exit(0));

function start({ port, connections, perSecond }: { port: number; connections: number; perSecond: number }): object {
  const latenciesMs: number[] = [];
  const clients = Array.from({ length: connections }, () => new Client(port, latenciesMs));
  const run = (running = { clients, latenciesMs, going: true });
  const due = new DueQueue();
  const beginMs = epochMs() + 100;
  // One entry is in the queue at a time: each adds the next, and the clients take turns.
  const askFrom = (request: number): void => {
    due.add(beginMs + (request * 1000) / perSecond, () => {
      if (!run.going) return;
      askFrom(request + 1);
      clients[request % connections]!.ask();
    });
  };
  askFrom(0);
  return {};
}

async function stop(): Promise<GoodResult> {
  const { clients, latenciesMs } = running!;
  running!.going = false;
  const giveUpMs = epochMs() + LAST_ANSWERS_MS;
  while (clients.some(({ waits }) => waits) && epochMs() < giveUpMs) await delay(5);
  for (const client of clients) client.close();
  const sorted = Float64Array.from(latenciesMs).sort();
  return {
    requests: sorted.length,
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
    p999: quantile(sorted, 0.999),
    worst: sorted.at(-1) ?? NaN,
    errors: clients.reduce((sum, { errors }) => sum + errors, 0),
  };
}
