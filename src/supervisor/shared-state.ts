/** What replicas share (`state.shared`), from the configuration to what runs; loaded only where it is used. */
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import type { Config } from '#control/config/schema.ts';
import type { LiveConfig } from '#control/live/live-config.ts';
import type { BoardStore } from '#control/shared/board-store.ts';
import type { ConfigStore } from '#control/shared/config-store.ts';
import type { MailStore } from '#control/shared/mail-store.ts';
import type { RedisConnection as Redis } from '#control/shared/redis-connection.ts';
import type { SharedConfig } from '#control/shared/shared-config.ts';
import type { SharedLimits } from '#control/shared/shared-limits.ts';
import type { SharedFacts } from '#observe/process-exposition.ts';
import type { Log, Timers } from '#core/ports.ts';
import type { Plan } from '#core/plan.ts';
import type { Tables } from '#memory/tables.ts';
import type { Replicas } from './replicas.ts';

type Settings = Config['state']['shared'];

export interface SharedStateOptions {
  readonly settings: Settings;
  /** Tells this start of this process from every other. */
  readonly id: string;
  readonly tables: Tables;
  readonly plan: Plan;
  readonly timers: Timers;
  readonly log: Log;
}

/** Above the time for which mail is waited for at the server, when nothing goes either way. */
const MAIL_SILENT_MS = 8_000;

interface Stores {
  readonly config: ConfigStore;
  readonly board: BoardStore;
  readonly mail: MailStore;
  readonly close: () => void;
}

/** This replica's part in what replicas share. */
export class SharedState {
  readonly limits: SharedLimits;
  readonly #stores: Stores;
  readonly #options: SharedStateOptions;
  readonly #makeConfig: typeof SharedConfig;
  #config: SharedConfig | null = null;
  #replicas: Replicas | null = null;

  private constructor(
    options: SharedStateOptions,
    limits: SharedLimits,
    stores: Stores,
    makeConfig: typeof SharedConfig,
  ) {
    this.#options = options;
    this.limits = limits;
    this.#stores = stores;
    this.#makeConfig = makeConfig;
  }

  /** Holds rate limits from now on. Null: nothing is shared. */
  static async start(options: SharedStateOptions): Promise<SharedState | null> {
    const { settings, id, tables, plan, timers, log } = options;
    if (settings === null) return null;
    const [{ SharedLimits: Limits }, shared, { RedisConnection }, { RedisStore }, ...redis] = await Promise.all([
      import('#control/shared/shared-limits.ts'),
      import('#control/shared/shared-config.ts'),
      import('#control/shared/redis-connection.ts'),
      import('#control/shared/redis-store.ts'),
      import('#control/shared/redis-config-store.ts'),
      import('#control/shared/redis-board-store.ts'),
      import('#control/shared/redis-mail-store.ts'),
    ]);
    const [{ RedisConfigStore }, { RedisBoardStore }, { RedisMailStore }] = redis;
    // Connections fail again and again while the store is away: that it is lost is told once, by the limits.
    const onError = (error: Error): void =>
      log.debug(
        { why: (error as NodeJS.ErrnoException).code ?? error.name },
        'the connection to what replicas share fails',
      );
    // One for the limits, which give up what does not answer: a change that waits must not be cut short by that. One for mail,
    // which is waited for at the server: whatever else was asked over it would wait as well.
    const [forLimits, forRest] = [1, 2].map(() => new RedisConnection(settings, onError)) as [Redis, Redis];
    const forMail = new RedisConnection(settings, onError, MAIL_SILENT_MS);
    const store = new RedisStore(forLimits);
    const limits = new Limits({ settings, replica: `${hostname()}:${process.pid}:${id}`, store, tables, timers, log });
    limits.obey(plan.rateLimits);
    limits.start();
    const stores: Stores = {
      config: new RedisConfigStore(forRest),
      board: new RedisBoardStore(forRest),
      mail: new RedisMailStore(forRest, forMail),
      close: () => {
        forRest.close();
        forMail.close();
      },
    };
    return new SharedState(options, limits, stores, shared.SharedConfig);
  }

  /** Shares `live` from now on; resolves when what the others have said is in force, or after a second. */
  async share(live: LiveConfig, replicas: Replicas): Promise<void> {
    const { timers, log } = this.#options;
    const here = { current: () => live.said(), take: live.takeShared.bind(live) };
    const config = (this.#config = new this.#makeConfig({ store: this.#stores.config, here, timers, log }));
    live.sharing = config;
    this.#replicas = replicas;
    replicas.join(this.#stores.board, this.#stores.mail);
    await config.start();
  }

  get status(): SharedFacts {
    const openElsewhere = this.#replicas?.hinted ?? 0;
    return { ...this.limits.status, version: this.#config?.version ?? 0, openElsewhere };
  }

  async stop(): Promise<void> {
    this.limits.stop();
    this.#config?.stop();
    await this.#replicas?.leave();
    this.#stores.close();
  }
}

/**
 * The key of the hash by which clients' names become buckets: drawn at random, so that nobody can choose names that meet; where
 * replicas share buckets it must be the same for all, and comes from what they all know and nobody else, the URL with its
 * password.
 */
export function limitHashKey(settings: Settings): Uint32Array {
  if (settings === null) return crypto.getRandomValues(new Uint32Array(2));
  const { url, prefix } = settings;
  const digest = createHash('sha256')
    .update(`edgebalancer limits\0${prefix}\0${new URL(url).password}`)
    .digest();
  return new Uint32Array([digest.readUInt32LE(0), digest.readUInt32LE(4)]);
}
