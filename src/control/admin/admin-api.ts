/** The admin API put together: who may use it, what it audits, what it serves. */
import type { AuditEntry } from '#contract/control.ts';
import type { Log, Timers } from '#core/ports.ts';
import type { SocketAddress } from '#core/plan.ts';
import { AuditLog } from '../audit/audit-log.ts';
import type { Arrival } from '../auth/caller.ts';
import { Gate } from '../auth/gate.ts';
import { GuessLimit } from '../auth/guess-limit.ts';
import { Refusals } from '../auth/refusals.ts';
import { REQUEST_LIMITS, RequestLimit, type RequestLimits } from '../auth/request-limit.ts';
import { Sessions } from '../auth/sessions.ts';
import type { AdminSettings } from '../auth/settings.ts';
import { SignInCodes } from '../auth/sign-in-codes.ts';
import { hashToken } from '../auth/token.ts';
import { TokenFile } from '../auth/token-file.ts';
import { Tokens } from '../auth/tokens.ts';
import type { ReplicaQuestion, ReplicaReply } from '../shared/replica-mail.ts';
import { answerElsewhere } from './answer-elsewhere.ts';
import type { Api } from './call.ts';
import { CALLS } from './calls.ts';
import type { AdminPorts } from './ports.ts';
import { RepeatedAnswers } from './repeated-answers.ts';
import { AdminServer } from './server.ts';

export interface AdminApiOptions {
  readonly ports: Omit<AdminPorts, 'audit'>;
  /** The same object as long as nothing of it has changed. */
  readonly settings: () => AdminSettings;
  /** Null: tokens and the audit are kept in memory. */
  readonly stateDir: string | null;
  /** The operator's token that the environment holds; null: it holds none. */
  readonly environmentToken: string | null;
  readonly version: string;
  readonly timers: Timers;
  readonly log: Log;
  readonly limits?: RequestLimits;
  /** Called after each change that the audit has: tokens may have come or gone. */
  readonly onChange?: () => void;
}

/** What whoever starts it is told, once. */
export interface FirstToken {
  readonly token: string;
  /** Good for one sign-in within ten minutes, behind `/#sign-in=`. */
  readonly code: string;
  /** The file that holds its hash; null: it ends with the process. */
  readonly keptIn: string | null;
}

export class AdminApi {
  readonly #options: AdminApiOptions;
  readonly #audit: AuditLog;
  readonly #tokens: Tokens;
  readonly #codes = new SignInCodes();
  readonly #refusals: Refusals;
  readonly #file: TokenFile | null;
  readonly #server: AdminServer;
  readonly #answer: (question: ReplicaQuestion) => Promise<ReplicaReply>;

  /** Throws a `TokenFileError` when `tokens.json` cannot be used. */
  constructor(options: AdminApiOptions) {
    const {
      settings,
      stateDir,
      environmentToken: environment,
      version,
      timers,
      log,
      limits = REQUEST_LIMITS,
    } = options;
    this.#options = options;
    this.#file = stateDir === null ? null : new TokenFile(stateDir);
    this.#tokens = new Tokens({ settings, file: this.#file, environment, timers, log });
    this.#audit = new AuditLog(stateDir, timers, log);
    this.#refusals = new Refusals(this.#audit, log, timers);
    const limit = new RequestLimit(limits, timers.nowMs());
    const sessions = new Sessions();
    const gate = new Gate({
      settings,
      tokens: this.#tokens,
      sessions,
      codes: this.#codes,
      guesses: new GuessLimit(),
      refusals: this.#refusals,
      timers,
      onKnown: (network) => limit.trust(network, timers.nowMs()),
    });
    const api: Api = {
      ports: { ...options.ports, audit: this.#audit },
      settings,
      tokens: this.#tokens,
      sessions,
      gate,
      timers,
      repeated: new RepeatedAnswers(),
      calls: CALLS,
      version,
      audit: (entry) => this.#record(entry),
    };
    this.#answer = (question) => answerElsewhere(api, question);
    this.#server = new AdminServer({ api, calls: CALLS, limit, timers, log });
  }

  /** To be called before it listens anywhere. */
  async open(): Promise<void> {
    this.#options.ports.replicas.serve(this.#answer);
    await Promise.all([this.#audit.open(this.#options.ports.config.revisions()), this.#server.prepare()]);
  }

  listen(address: SocketAddress, by: Arrival['by']): Promise<number> {
    return this.#server.listen(address, by);
  }

  /** Tells the audit of revisions that nobody asked for over the API. */
  reconcile(): Promise<void> {
    return this.#audit.reconcile(this.#options.ports.config.revisions());
  }

  /** As `Tokens.operatorHashes`. */
  operatorHashes(): ReturnType<Tokens['operatorHashes']> {
    return this.#tokens.operatorHashes();
  }

  /** Makes the first operator's token when nobody has one; null: somebody has. */
  async makeFirstToken(): Promise<FirstToken | null> {
    if (!this.#tokens.none) return null;
    const { log, timers } = this.#options;
    let created = await this.#tokens.create('first', 'operator', null);
    let keptIn = this.#file?.path ?? null;
    if (created.kind === 'refused') {
      log.warn({}, `the first token ends with this process, since it cannot be kept: ${created.why}`);
      keptIn = null;
      this.#tokens.keepInMemory();
      created = await this.#tokens.create('first', 'operator', null);
    }
    if (created.kind === 'refused') return null;
    const by = { name: 'start', from: '' };
    await this.#record({
      by,
      action: 'token.create',
      summary: 'token first (operator) made',
      revision: null,
      ok: true,
    });
    return { token: created.token, code: this.#codes.make(hashToken(created.token), timers.wallMs()), keptIn };
  }

  async close(): Promise<void> {
    await this.#server.close();
    await this.#refusals.tell();
    await this.#tokens.flush();
    await this.#audit.close();
  }

  async #record(entry: Omit<AuditEntry, 'at'>): Promise<void> {
    this.#options.onChange?.();
    try {
      await this.#audit.record(entry);
    } catch (error) {
      // What has been done stays done: undoing it could fail as well.
      this.#options.log.error({ action: entry.action, error: String(error) }, 'the audit could not be written');
    }
  }
}
