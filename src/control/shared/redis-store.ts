/**
 * Rate limits in Redis 7 or Valkey. All buckets of a round are moved by one script, so that a round is one operation:
 * the generic cell rate algorithm of core/limits/token-bucket.ts, by the server's own clock, but that what a replica has let
 * through is never refused: it is told, and whoever has gone too far waits for it. A bucket may owe two seconds at most.
 * Keys end when their bucket is full again.
 */
import type { RedisConnection } from './redis-connection.ts';
import type { KeyUsage, ReplicaStore, SyncAnswer } from './replica-store.ts';

/** A replica that was not heard of for so long has gone. */
const REPLICA_MS = 3_000;
const DEBT_MS_MAX = 2_000;

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

export class RedisStore implements ReplicaStore {
  readonly #connection: RedisConnection;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  async sync(replica: string, usages: readonly KeyUsage[]): Promise<SyncAnswer> {
    const keys = [this.#connection.key('replicas'), ...usages.map(({ key }) => this.#connection.key(`limit:${key}`))];
    const args = [
      replica,
      ...usages.flatMap(({ tokens, tokenMs, wholeMs }) => [String(tokens), String(tokenMs), String(wholeMs)]),
    ];
    const [replicas, ...ahead] = (await this.#connection.run(SCRIPT, keys, args)) as [number, ...string[]];
    return { replicas: Number(replicas), aheadMs: ahead.map(Number) };
  }

  get trouble(): string {
    return this.#connection.trouble;
  }

  renew(): void {
    this.#connection.renew();
  }

  close(): void {
    this.#connection.close();
  }
}
