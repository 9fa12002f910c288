/** Boxes as lists of Redis, which end by themselves. Waiting is the server's, on a connection of its own: no round is spent. */
import type { MailStore } from './mail-store.ts';
import type { RedisConnection } from './redis-connection.ts';

const BOX_MAX = 64;
const BOX_MS = 10_000;
export const RECEIVE_S = 5;

const SEND = `
if redis.call('LLEN', KEYS[1]) >= ${BOX_MAX} then return 0 end
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ${BOX_MS})
return 1
`;

export class RedisMailStore implements MailStore {
  readonly #sending: RedisConnection;
  readonly #waiting: RedisConnection;

  constructor(sending: RedisConnection, waiting: RedisConnection) {
    this.#sending = sending;
    this.#waiting = waiting;
  }

  async send(replica: string, text: string): Promise<boolean> {
    return (await this.#sending.run(SEND, [this.#sending.key(`mail:${replica}`)], [text])) === 1;
  }

  receive(replica: string): Promise<string | null> {
    return this.#waiting.take(this.#waiting.key(`mail:${replica}`), RECEIVE_S);
  }

  renew(): void {
    this.#waiting.renew();
  }
}
