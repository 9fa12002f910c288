/** A connection to Redis 7 or Valkey, alone or a cluster, that runs scripts. It comes back by itself when it is lost. */
import { createClient, createCluster } from '@redis/client';

export interface RedisSettings {
  readonly url: string;
  readonly cluster: boolean;
  readonly prefix: string;
}

const CONNECT_MS = 1_000;
/** A connection on which nothing goes either way for so long is dead: whoever uses it says something every second. */
const SILENT_MS = 2_500;
const RECONNECT_MS_MAX = 1_000;

interface Client {
  readonly evaluate: (script: string, keys: string[], args: string[]) => Promise<unknown>;
  readonly take: (key: string, seconds: number) => Promise<{ readonly element: string } | null>;
  readonly destroy: () => void;
}

export class RedisConnection {
  readonly #settings: RedisSettings;
  readonly #onError: (error: Error) => void;
  readonly #silentMs: number;
  /** Being made, or made; the same for all who ask meanwhile. */
  #client: Promise<Client> | null = null;
  #closed = false;

  /**
   * `onError`: connections that fail, again and again as they are tried again. No message holds the URL. `silentMs`: how long
   * nothing may go either way; without a bound one that is cut while it begins would be waited for without an end.
   */
  constructor(settings: RedisSettings, onError: (error: Error) => void, silentMs = SILENT_MS) {
    this.#settings = settings;
    this.#onError = onError;
    this.#silentMs = silentMs;
  }

  /** Keys share one hash tag, so that a script may touch all of them in a cluster. */
  key(name: string): string {
    return `{${this.#settings.prefix}}:${name}`;
  }

  /** Rejects at once when it is not connected. */
  async run(script: string, keys: string[], args: string[]): Promise<unknown> {
    return await (await this.#open()).evaluate(script, keys, args);
  }

  /**
   * Takes the first of a list, waited for up to `seconds`; null: it stayed empty. Whatever else is asked of this connection
   * meanwhile waits as well. Rejects at once when it is not connected.
   */
  async take(key: string, seconds: number): Promise<string | null> {
    return (await (await this.#open()).take(key, seconds))?.element ?? null;
  }

  /** Gives a connection up that does not answer, for a new one. */
  renew(): void {
    const client = this.#client;
    this.#client = null;
    void client?.then((made) => made.destroy()).catch(() => {});
  }

  close(): void {
    this.#closed = true;
    this.renew();
  }

  async #open(): Promise<Client> {
    if (this.#closed) throw new Error('closed');
    const client = (this.#client ??= this.#connect());
    try {
      return await client;
    } catch (error) {
      // Whoever asks next tries anew.
      if (this.#client === client) this.#client = null;
      throw error;
    }
  }

  async #connect(): Promise<Client> {
    const { url, cluster } = this.#settings;
    const socket = {
      connectTimeout: CONNECT_MS,
      socketTimeout: this.#silentMs,
      reconnectStrategy: (retries: number) => Math.min(RECONNECT_MS_MAX, 50 * 2 ** Math.min(10, retries)),
    };
    if (cluster) {
      const { username, password } = new URL(url);
      const defaults = {
        socket,
        ...(username !== '' && { username: decodeURIComponent(username) }),
        ...(password !== '' && { password: decodeURIComponent(password) }),
      };
      const made = createCluster({ rootNodes: [{ url }], defaults, minimizeConnections: true });
      made.on('error', (error: Error) => this.#onError(error));
      try {
        await made.connect();
      } catch (error) {
        made.destroy();
        throw error;
      }
      return {
        evaluate: (script, keys, args) => made.eval(script, { keys, arguments: args }),
        take: (key, seconds) => made.blPop(key, seconds),
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
      take: (key, seconds) => made.blPop(key, seconds),
      destroy: () => void made.destroy(),
    };
  }
}
