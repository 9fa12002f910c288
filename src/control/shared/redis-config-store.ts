/** The configuration that replicas share, in one hash of Redis: a version that a change must know, and the rest as JSON. */
import { z } from 'zod';
import { NO_ENTRY, type ConfigStore, type SharedEntry } from './config-store.ts';
import type { RedisConnection } from './redis-connection.ts';

const READ = `
local version = redis.call('HGET', KEYS[1], 'version') or '0'
if version == ARGV[1] then return { version } end
return { version, redis.call('HGET', KEYS[1], 'entry') or '' }
`;

const CLAIM = `
if (redis.call('HGET', KEYS[1], 'version') or '0') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'entry', ARGV[3])
return 1
`;

const entry = z.object({
  text: z.string(),
  by: z.object({ name: z.string(), from: z.string() }),
  summary: z.string(),
  files: z.array(z.string()),
});

export class RedisConfigStore implements ConfigStore {
  readonly #connection: RedisConnection;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  async read(known: number): Promise<SharedEntry | null> {
    const [version, json] = (await this.#connection.run(READ, [this.#connection.key('config')], [String(known)])) as [
      string,
      string?,
    ];
    if (json === undefined) return null;
    if (version === '0') return NO_ENTRY;
    return { version: Number(version), ...entry.parse(JSON.parse(json)) };
  }

  renew(): void {
    this.#connection.renew();
  }

  async claim(known: number, { version, ...rest }: SharedEntry): Promise<boolean> {
    const args = [String(known), String(version), JSON.stringify(rest)];
    return (await this.#connection.run(CLAIM, [this.#connection.key('config')], args)) === 1;
  }
}
