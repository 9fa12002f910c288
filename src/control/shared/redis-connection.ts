/** A connection to Redis 7 or Valkey, alone or a cluster, that runs scripts. It comes back by itself when it is lost. */
import { createClient, createCluster } from '@redis/client';

export interface RedisSettings {
  readonly url: string;
  readonly cluster: boolean;
  readonly prefix: string;
}

const CONNECT_MS = 1_000;
const RECONNECT_MS_MAX = 1_000;

interface Client {
  readonly evaluate: (script: string, keys: string[], args: string[]) => Promise<unknown>;
  readonly destroy: () => void;
}

export class RedisConnection {
  readonly #settings: RedisSettings;
  readonly #onError: (error: Error) => void;
  #client: Client | null = null;
  #closed = false;

  /** `onError`: connections that fail, again and again as they are tried again. No message holds the URL. */
  constructor(settings: RedisSettings, onError: (error: Error) => void) {
    this.#settings = settings;
    this.#onError = onError;
  }

  /** Keys share one hash tag, so that a script may touch all of them in a cluster. */
  key(name: string): string {
    return `{${this.#settings.prefix}}:${name}`;
  }

  /** Rejects at once when it is not connected. */
  async run(script: string, keys: string[], args: string[]): Promise<unknown> {
    this.#client ??= await this.#connect();
    return await this.#client.evaluate(script, keys, args);
  }

  /** Gives a connection up that does not answer, for a new one. */
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
        evaluate: (script, keys, args) => made.eval(script, { keys, arguments: args }),
        destroy: () => void made.destroy(),
      };
    }
    // Without a queue: what cannot be said now is out of date by the time it can.
    const made = createClient({ url, socket, disableOfflineQueue: true });
    made.on('error', (error: Error) => this.#onError(error));
    // It connects, and again whenever it must; what is asked before that fails.
    void made.connect().catch(() => {});
    return {
      evaluate: (script, keys, args) => made.eval(script, { keys, arguments: args }),
      destroy: () => void made.destroy(),
    };
  }
}
