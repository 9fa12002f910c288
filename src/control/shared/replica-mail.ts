/**
 * Questions from one replica to another, and the answers: so that the admin API of any of them answers for all, without an
 * address or a token between them. Whoever asks has been let in by the replica that was asked first; what may be asked is
 * decided by the one that answers (control/admin/answer-elsewhere.ts).
 *
 * What replicas share must be trusted for it: whoever can write there could ask, and could change the configuration anyway.
 */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Cancel, Log, Timers } from '#core/ports.ts';
import { inTime, NoAnswer } from './in-time.ts';
import type { MailStore } from './mail-store.ts';

/** For an answer, by the one that asks. */
const ANSWER_MS = 5_000;
/** Above the time for which the store waits itself. */
const RECEIVE_MS = 7_000;
const RETRY_MS = 500;
/** Questions that are being answered at one time; the others are refused. */
const ANSWERING_MAX = 16;
/** Characters of an answer: `GET /admin/backends` of 8,000 backends has about 4 million. */
const ANSWER_LENGTH_MAX = 8_000_000;

const question = z.strictObject({
  kind: z.literal('question'),
  id: z.string().max(64),
  from: z.string().max(300),
  path: z.string().max(2000),
  query: z.record(z.string(), z.string().max(2000)),
  asker: z.strictObject({ name: z.string(), role: z.enum(['viewer', 'operator']), from: z.string() }).nullable(),
});
const answer = z.strictObject({
  kind: z.literal('answer'),
  id: z.string().max(64),
  status: z.int().min(100).max(599),
  data: z.unknown(),
});
const message = z.discriminatedUnion('kind', [question, answer]);

/** What is asked of another replica: a call of the admin API that reads. */
export type ReplicaQuestion = Pick<z.output<typeof question>, 'path' | 'query' | 'asker'>;
export interface ReplicaReply {
  readonly status: number;
  readonly data: unknown;
}
/** Null: no answer came. */
export type ReplicaOutcome = ReplicaReply | null;

export interface ReplicaMailOptions {
  readonly store: MailStore;
  /** Of this replica. */
  readonly id: string;
  readonly answer: (question: ReplicaQuestion) => Promise<ReplicaReply>;
  readonly timers: Timers;
  readonly log: Log;
}

interface Waiting {
  readonly resolve: (outcome: ReplicaOutcome) => void;
  readonly cancel: Cancel;
}

export class ReplicaMail {
  readonly #options: ReplicaMailOptions;
  readonly #waiting = new Map<string, Waiting>();
  #answering = 0;
  #stopped = false;
  #cancel: Cancel | null = null;

  constructor(options: ReplicaMailOptions) {
    this.#options = options;
  }

  start(): void {
    void this.#receive();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
    for (const { resolve, cancel } of this.#waiting.values()) {
      cancel();
      resolve(null);
    }
    this.#waiting.clear();
  }

  /** Never rejects. */
  ask(replica: string, asked: ReplicaQuestion): Promise<ReplicaOutcome> {
    const { store, timers, id: from } = this.#options;
    const id = randomBytes(12).toString('hex');
    return new Promise((resolve) => {
      const end = (outcome: ReplicaOutcome): void => {
        this.#waiting.get(id)?.cancel();
        this.#waiting.delete(id);
        resolve(outcome);
      };
      this.#waiting.set(id, { resolve, cancel: timers.after(ANSWER_MS, () => end(null)) });
      store.send(replica, JSON.stringify({ kind: 'question', id, from, ...asked })).then(
        (taken) => (taken ? undefined : end(null)),
        () => end(null),
      );
    });
  }

  async #receive(): Promise<void> {
    const { store, id, timers } = this.#options;
    while (!this.#stopped) {
      try {
        const text = await inTime(store.receive(id), timers, RECEIVE_MS);
        if (text !== null) this.#take(text);
      } catch (error) {
        if (this.#stopped) return;
        // A connection that fails comes back by itself.
        if (error instanceof NoAnswer) store.renew();
        await new Promise<void>((resolve) => (this.#cancel = timers.after(RETRY_MS, resolve)));
      }
    }
  }

  #take(text: string): void {
    let read: z.output<typeof message>;
    try {
      read = message.parse(JSON.parse(text));
    } catch {
      // Of another version, or of nobody that knows how: whoever asked is told by the time that it takes.
      return;
    }
    if (read.kind === 'question') void this.#answer(read);
    else {
      const waiting = this.#waiting.get(read.id);
      waiting?.cancel();
      this.#waiting.delete(read.id);
      waiting?.resolve({ status: read.status, data: read.data });
    }
  }

  async #answer({ id, from, path, query, asker }: z.output<typeof question>): Promise<void> {
    const { store, answer: make, log } = this.#options;
    const send = (reply: ReplicaReply): string => JSON.stringify({ kind: 'answer', id, ...reply });
    let text: string;
    if (this.#answering >= ANSWERING_MAX) text = send(refusal(503, 'Busy', 'That replica is answering many others.'));
    else {
      this.#answering += 1;
      try {
        text = send(await make({ path, query, asker }));
      } catch (error) {
        log.error({ path, error: String(error) }, 'a question of another replica could not be answered');
        text = send(refusal(500, 'Internal error', 'That replica could not answer; its log says more.'));
      }
      this.#answering -= 1;
    }
    if (text.length > ANSWER_LENGTH_MAX)
      text = send(refusal(507, 'Too large', 'The answer is too large to be handed on; ask that replica itself.'));
    await store.send(from, text).catch(() => {});
  }
}

function refusal(status: number, title: string, detail: string): ReplicaReply {
  return { status, data: { type: 'about:blank', title, status, detail } };
}
