/** Reports of replicas in one hash of Redis: by replica, when it told (by the server's clock) and what. */
import type { BoardStore, Posted } from './board-store.ts';
import type { RedisConnection } from './redis-connection.ts';

/** A report that was not renewed for so long is of a replica that has gone. */
export const REPORT_MS_MAX = 5_000;

const EXCHANGE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', now) .. '|' .. ARGV[2])
redis.call('PEXPIRE', KEYS[1], ${2 * REPORT_MS_MAX})
local all = redis.call('HGETALL', KEYS[1])
local answer = {}
for i = 1, #all, 2 do
  local bar = string.find(all[i + 1], '|', 1, true)
  local age = now - tonumber(string.sub(all[i + 1], 1, bar - 1))
  if age > ${REPORT_MS_MAX} then
    redis.call('HDEL', KEYS[1], all[i])
  else
    answer[#answer + 1] = all[i]
    answer[#answer + 1] = string.format('%.0f', age)
    answer[#answer + 1] = string.sub(all[i + 1], bar + 1)
  end
end
return answer
`;

const LEAVE = `return redis.call('HDEL', KEYS[1], ARGV[1])`;

export class RedisBoardStore implements BoardStore {
  readonly #connection: RedisConnection;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  async exchange(replica: string, report: string): Promise<readonly Posted[]> {
    const answer = (await this.#connection.run(
      EXCHANGE,
      [this.#connection.key('board')],
      [replica, report],
    )) as string[];
    const posted: Posted[] = [];
    for (let at = 0; at + 2 < answer.length; at += 3)
      posted.push({
        replica: answer[at] as string,
        ageMs: Number(answer[at + 1]),
        report: answer[at + 2] as string,
      });
    return posted;
  }

  async leave(replica: string): Promise<void> {
    await this.#connection.run(LEAVE, [this.#connection.key('board')], [replica]);
  }
}
