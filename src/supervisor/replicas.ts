/** This replica among the others: what it tells them, what it knows of them, what it asks them and answers. */
import type { ReplicasAnswer } from '#contract/replicas.ts';
import type { ReplicasPort } from '#control/admin/ports.ts';
import type { TakeFigures } from '#control/events/event-hub.ts';
import type { BoardStore } from '#control/shared/board-store.ts';
import type { MailStore } from '#control/shared/mail-store.ts';
import { ReplicaBoard } from '#control/shared/replica-board.ts';
import { ReplicaMail, type ReplicaQuestion, type ReplicaReply } from '#control/shared/replica-mail.ts';
import { replicasAnswer } from '#control/shared/replicas.ts';
import type { Log, Timers } from '#core/ports.ts';
import type { Facts } from './admin-facts.ts';
import { ReplicaFacts, takeHints } from './replica-facts.ts';

export interface ReplicasOptions {
  /** Of this start. */
  readonly id: string;
  /** As lists show it. */
  readonly name: string;
  readonly facts: () => Facts;
  readonly take: TakeFigures;
  readonly timers: Timers;
  readonly log: Log;
}

export class Replicas implements ReplicasPort {
  /** Backends whose circuits others have opened. */
  hinted = 0;
  readonly #options: ReplicasOptions;
  readonly #facts: ReplicaFacts;
  #answer: ((question: ReplicaQuestion) => Promise<ReplicaReply>) | null = null;
  #board: ReplicaBoard | null = null;
  #mail: ReplicaMail | null = null;

  constructor(options: ReplicasOptions) {
    this.#options = options;
    this.#facts = new ReplicaFacts(options.name, options.facts, options.take);
  }

  list(): ReplicasAnswer {
    const { id, timers } = this.#options;
    return replicasAnswer(id, this.#facts.report(), this.#board, timers);
  }

  ask(replica: string, question: ReplicaQuestion): Promise<ReplicaReply | null> {
    return this.#mail?.ask(replica, question) ?? Promise.resolve(null);
  }

  serve(answer: (question: ReplicaQuestion) => Promise<ReplicaReply>): void {
    this.#answer = answer;
  }

  /** From now on the others hear of this one, and it of them. */
  join(board: BoardStore, mail: MailStore): void {
    const { id, facts, timers, log } = this.#options;
    this.#board = new ReplicaBoard({
      store: board,
      id,
      report: () => this.#facts.report(),
      urgent: () => this.#facts.open(),
      onOthers: (others) => {
        const { plan, tables } = facts();
        this.hinted = takeHints(others, plan, tables);
      },
      timers,
    });
    this.#mail = new ReplicaMail({ store: mail, id, answer: (question) => this.#answered(question), timers, log });
    this.#board.start();
    this.#mail.start();
  }

  /** Resolves when the others have been told, or cannot be. */
  async leave(): Promise<void> {
    this.#mail?.stop();
    await this.#board?.stop();
  }

  async #answered(question: ReplicaQuestion): Promise<ReplicaReply> {
    if (this.#answer === null) throw new Error('nobody answers here yet');
    return await this.#answer(question);
  }
}
