/**
 * Redis 7 or Valkey as the replicas' store. All buckets of a round are moved by one script, so that a round is one operation:
 * the generic cell rate algorithm of core/limits/token-bucket.ts, by the server's own clock, but that what a replica has let
 * through is never refused: it is told, and whoever has gone too far waits for it. A bucket may owe two seconds at most.
 * Keys end when their bucket is full again. They share one hash tag, so that a script may touch them all in a cluster.
 */
import { createClient, createCluster } from '@redis/client';
import type { KeyUsage, ReplicaStore, SyncAnswer } from './replica-store.ts';

export interface RedisSettings {
  readonly url: string;
  readonly cluster: boolean;
  readonly prefix: string;
}

/** A replica that was not heard of for so long has gone. */
const REPLICA_MS = 3_000;
const DEBT_MS_MAX = 2_000;
const CONNECT_MS = 1_000;
const RECONNECT_MS_MAX = 1_000;

const SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ${REPLICA_MS})
redis.call('PEXPIRE', KEYS[1], ${10 * REPLICA_MS})
local answer = { redis.call('ZCARD', KEYS[1]) }
for i = 2, #KEYS do
  local at = 3 * i - 4
  local tokens, token, whole = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local full = tonumber(redis.call('GET', KEYS[i]) or now)
  if full < now then full = now end
  full = math.min(full + tokens * token, now + whole + ${DEBT_MS_MAX})
  local ahead = full - now
  if tokens > 0 and ahead > 0 then
    redis.call('SET', KEYS[i], string.format('%.3f', full), 'PX', math.ceil(ahead) + 1000)
  end
  answer[i] = string.format('%.3f', ahead)
end
return answer
`;

interface Client {
  readonly evaluate: (keys: string[], args: string[]) => Promise<unknown>;
  readonly destroy: () => void;
}

export class RedisStore implements ReplicaStore {
  readonly #settings: RedisSettings;
  readonly #onError: (error: Error) => void;
  #client: Client | null = null;
  #closed = false;

  /** `onError`: connections that fail, again and again as they are tried again. No message holds the URL. */
  constructor(settings: RedisSettings, onError: (error: Error) => void) {
    this.#settings = settings;
    this.#onError = onError;
  }

  async sync(replica: string, usages: readonly KeyUsage[]): Promise<SyncAnswer> {
    const { prefix } = this.#settings;
    const keys = [`{${prefix}}:replicas`, ...usages.map(({ key }) => `{${prefix}}:limit:${key}`)];
    const args = [
      replica,
      ...usages.flatMap(({ tokens, tokenMs, wholeMs }) => [String(tokens), String(tokenMs), String(wholeMs)]),
    ];
    this.#client ??= await this.#connect();
    const [replicas, ...ahead] = (await this.#client.evaluate(keys, args)) as [number, ...string[]];
    return { replicas: Number(replicas), aheadMs: ahead.map(Number) };
  }

  renew(): void {
    this.#client?.destroy();
    this.#client = null;
  }

  close(): void {
    this.#closed = true;
    this.renew();
  }

  async #connect(): Promise<Client> {
    if (this.#closed) throw new Error('closed');
    const { url, cluster } = this.#settings;
    const socket = {
      connectTimeout: CONNECT_MS,
      reconnectStrategy: (retries: number) => Math.min(RECONNECT_MS_MAX, 50 * 2 ** Math.min(10, retries)),
    };
    if (cluster) {
      const { username, password } = new URL(url);
      const defaults = {
        socket,
        ...(username !== '' && { username: decodeURIComponent(username) }),
        ...(password !== '' && { password: decodeURIComponent(password) }),
      };
      const made = createCluster({ rootNodes: [{ url }], defaults });
      made.on('error', (error: Error) => this.#onError(error));
      await made.connect();
      return {
        evaluate: (keys, args) => made.eval(SCRIPT, { keys, arguments: args }),
        destroy: () => void made.destroy(),
      };
    }
    // Without a queue: what cannot be said now is out of date by the time it can.
    const made = createClient({ url, socket, disableOfflineQueue: true });
    made.on('error', (error: Error) => this.#onError(error));
    // It connects, and again whenever it must; a round before that is a round that failed.
    void made.connect().catch(() => {});
    return {
      evaluate: (keys, args) => made.eval(SCRIPT, { keys, arguments: args }),
      destroy: () => void made.destroy(),
    };
  }
}
