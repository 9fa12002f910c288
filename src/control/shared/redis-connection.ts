/** A connection to Redis 7 or Valkey, alone or a cluster, that runs scripts. It comes back by itself when it is lost. */
import { ClientOfflineError, createClient, createCluster } from '@redis/client';

export interface RedisSettings {
  readonly url: string;
  readonly cluster: boolean;
  readonly prefix: string;
}

const CONNECT_MS = 1_000;
/** A connection on which nothing goes either way for so long is dead: whoever uses it says something every second. */
const SILENT_MS = 2_500;
const RECONNECT_MS_MAX = 1_000;

const TROUBLE_LENGTH_MAX = 200;

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
  #trouble = '';

  /**
   * `onError`: connections that fail, again and again as they are tried again. No message holds the URL. `silentMs`: how long
   * nothing may go either way; without a bound one that is cut while it begins would be waited for without an end.
   */
  constructor(settings: RedisSettings, onError: (error: Error) => void, silentMs = SILENT_MS) {
    this.#settings = settings;
    this.#onError = onError;
    this.#silentMs = silentMs;
  }

  /** What went wrong last, in words without a password; empty: nothing, as of the last answer. */
  get trouble(): string {
    return this.#trouble;
  }

  /** Keys share one hash tag, so that a script may touch all of them in a cluster. */
  key(name: string): string {
    return `{${this.#settings.prefix}}:${name}`;
  }

  /** Rejects at once when it is not connected. */
  async run(script: string, keys: string[], args: string[]): Promise<unknown> {
    const client = await this.#open();
    try {
      const answer = await client.evaluate(script, keys, args);
      this.#trouble = '';
      return answer;
    } catch (error) {
      // That it is offline says nothing; why it is has been told.
      if (!(error instanceof ClientOfflineError)) this.#note(error as Error);
      throw error;
    }
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
      this.#note(error as Error);
      throw error;
    }
  }

  #failed(error: Error): void {
    this.#note(error);
    this.#onError(error);
  }

  #note({ message, name, cause }: Error): void {
    const { url, cluster } = this.#settings;
    const { password } = new URL(url);
    const inner = cause instanceof Error ? `: ${cause.message}` : '';
    const text = `${message === '' ? name : message}${inner}`.split('\n', 1)[0] as string;
    const hint = cluster
      ? /root nodes/.test(text)
        ? '; `state.shared.cluster: true` wants a cluster'
        : ''
      : /^(MOVED|CLUSTERDOWN)/.test(text)
        ? '; it is a cluster: `state.shared.cluster` must say so'
        : '';
    const secrets = [password, decodeURIComponent(password)].filter((secret) => secret !== '');
    const shown = secrets.reduce((known, secret) => known.replaceAll(secret, '***'), text);
    this.#trouble = shown.slice(0, TROUBLE_LENGTH_MAX) + hint;
  }

  async #connect(): Promise<Client> {
    const { url, cluster } = this.#settings;
    const socket = {
      connectTimeout: CONNECT_MS,
      socketTimeout: this.#silentMs,
      reconnectStrategy: (retries: number) => Math.min(RECONNECT_MS_MAX, 50 * 2 ** Math.min(10, retries)),
    };
    if (cluster) {
      const { protocol, username, password } = new URL(url);
      const defaults = {
        // Of nodes that the first one names only an address is known.
        socket: protocol === 'rediss:' ? { ...socket, tls: true as const } : socket,
        ...(username !== '' && { username: decodeURIComponent(username) }),
        ...(password !== '' && { password: decodeURIComponent(password) }),
      };
      const made = createCluster({ rootNodes: [{ url }], defaults, minimizeConnections: true });
      made.on('error', (error: Error) => this.#failed(error));
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
    made.on('error', (error: Error) => this.#failed(error));
    // It connects, and again whenever it must; what is asked before that fails.
    void made.connect().catch(() => {});
    return {
      evaluate: (script, keys, args) => made.eval(script, { keys, arguments: args }),
      take: (key, seconds) => made.blPop(key, seconds),
      destroy: () => void made.destroy(),
    };
  }
}
