/** What replicas share (`state.shared`), from the configuration to what runs; loaded only where it is used. */
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import type { Config } from '#control/config/schema.ts';
import type { SharedLimits } from '#control/shared/shared-limits.ts';
import type { Log, Timers } from '#core/ports.ts';
import type { Plan } from '#core/plan.ts';
import type { Tables } from '#memory/tables.ts';

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

/** Null: nothing is shared. */
export async function startSharedState(options: SharedStateOptions): Promise<SharedLimits | null> {
  const { settings, id, tables, plan, timers, log } = options;
  if (settings === null) return null;
  const [{ SharedLimits: Limits }, { RedisStore }] = await Promise.all([
    import('#control/shared/shared-limits.ts'),
    import('#control/shared/redis-store.ts'),
  ]);
  // Connections fail again and again while the store is away: that it is lost is told once, by the limits.
  const store = new RedisStore(settings, (error) =>
    log.debug(
      { why: (error as NodeJS.ErrnoException).code ?? error.name },
      'the connection to what replicas share fails',
    ),
  );
  const limits = new Limits({ settings, replica: `${hostname()}:${process.pid}:${id}`, store, tables, timers, log });
  limits.obey(plan.rateLimits);
  limits.start();
  return limits;
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
