/**
 * TLS towards clients and backends, by listener and pool. What is told anew and has not changed stays as it is: plans come
 * often where discovery is busy, and keys take a millisecond to read.
 */
import { isDeepStrictEqual } from 'node:util';
import type {
  TlsAcceptor,
  TlsClientSettings,
  TlsConnector,
  TlsEvents,
  TlsSettings,
  Transport,
} from '#transport/transport.ts';

/** By name. */
export interface TlsSettingsBySide {
  readonly listeners: Readonly<Record<string, TlsSettings>>;
  readonly pools: Readonly<Record<string, TlsClientSettings>>;
}

/** For a pool that nothing was told for: its backends are verified all the same. */
const SYSTEM: TlsClientSettings = { ca: null, cert: null, key: null };

export class TlsSides {
  readonly #transport: Pick<Transport, 'tlsAcceptor' | 'tlsConnector'>;
  readonly #events: (listener: string) => TlsEvents;
  readonly #acceptors = new Map<string, { settings: TlsSettings; readonly acceptor: TlsAcceptor }>();
  readonly #connectors = new Map<string, { readonly settings: TlsClientSettings; readonly connector: TlsConnector }>();
  #system: TlsConnector | null = null;

  constructor(transport: Pick<Transport, 'tlsAcceptor' | 'tlsConnector'>, events: (listener: string) => TlsEvents) {
    this.#transport = transport;
    this.#events = events;
  }

  /** For connections from now on. */
  use({ listeners, pools }: TlsSettingsBySide): void {
    for (const name of this.#acceptors.keys()) if (!Object.hasOwn(listeners, name)) this.#acceptors.delete(name);
    for (const [name, settings] of Object.entries(listeners)) {
      const known = this.#acceptors.get(name);
      if (known === undefined) {
        this.#acceptors.set(name, { settings, acceptor: this.#transport.tlsAcceptor(settings, this.#events(name)) });
      } else if (!isDeepStrictEqual(known.settings, settings)) {
        known.acceptor.use(settings);
        known.settings = settings;
      }
    }
    for (const name of this.#connectors.keys()) if (!Object.hasOwn(pools, name)) this.#connectors.delete(name);
    for (const [name, settings] of Object.entries(pools)) {
      if (isDeepStrictEqual(this.#connectors.get(name)?.settings, settings)) continue;
      this.#connectors.set(name, { settings, connector: this.#transport.tlsConnector(settings) });
    }
  }

  acceptor(listener: string): TlsAcceptor | undefined {
    return this.#acceptors.get(listener)?.acceptor;
  }

  connector(pool: string): TlsConnector {
    return this.#connectors.get(pool)?.connector ?? (this.#system ??= this.#transport.tlsConnector(SYSTEM));
  }
}
