/**
 * The admin API as part of the supervisor. It listens on a unix socket that workers send the control plane's requests to, and
 * on an address of its own where the configuration gives one.
 */
import type { AdminApi, FirstToken } from '#control/admin/admin-api.ts';
import type { AdminPorts } from '#control/admin/ports.ts';
import type { RequestLimits } from '#control/auth/request-limit.ts';
import type { AdminSettings } from '#control/auth/settings.ts';
import type { Log, Timers } from '#core/ports.ts';
import type { SocketAddress } from '#core/plan.ts';
import { addressText } from './address-text.ts';
import type { Facts } from './admin-facts.ts';
import { makeControlSocket, sweepControlSockets } from './control-socket.ts';
import { ExplainKeyFeed } from './explain-key-feed.ts';
import { keepCode } from './kept-code.ts';
import { OperatorError } from './operator-error.ts';
import { bindError, checkAddress } from './port-check.ts';

/** Hashes are kept as `sha256:` and their digits. */
const HASH_PREFIX = 'sha256:'.length;

export interface ControlPlaneOptions {
  readonly facts: () => Facts;
  /** What the supervisor lets it ask for; the view and the audit are its own. */
  readonly ports: Omit<AdminPorts, 'view' | 'audit'>;
  /** The same object as long as nothing of it has changed. */
  readonly settings: () => AdminSettings;
  /** Where tokens and the audit are kept; null: in memory. */
  readonly stateDir: string | null;
  /** May hold EDGEBALANCER_ADMIN_TOKEN. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timers: Timers;
  readonly log: Log;
  /** Told of the operator's token that a first start makes; standard error when left out. Never the log: it is a secret. */
  readonly announce?: (first: FirstToken, url: string | null) => void;
  readonly limits?: RequestLimits;
}

export class ControlPlane {
  /** Port of its own address; 0 when it has none. */
  port = 0;
  readonly #options: ControlPlaneOptions;
  readonly #socket = makeControlSocket();
  #addresses: readonly SocketAddress[] = [];
  #api: AdminApi | null = null;
  readonly #keys: ExplainKeyFeed;

  constructor(options: ControlPlaneOptions) {
    this.#options = options;
    this.#keys = new ExplainKeyFeed(
      () =>
        (this.#api?.operatorHashes() ?? []).map(({ hash, expiresMs }) => ({
          sha256: hash.slice(HASH_PREFIX),
          expiresMs,
        })),
      () => options.facts().workers,
      options.timers,
    );
  }

  /** Where workers find it. */
  get path(): string {
    return this.#socket.path;
  }

  /** Rejects with an `OperatorError` when `address` cannot be had, or the tokens cannot be used. */
  async start(address: SocketAddress | null): Promise<void> {
    keepCode();
    const api = (this.#api = await this.#load());
    await api.open();
    const unix: SocketAddress = { kind: 'unix', path: this.#socket.path };
    await api.listen(unix, 'worker');
    this.#addresses = [unix];
    this.#socket.secure();
    const { log } = this.#options;
    sweepControlSockets().catch((error: unknown) => log.debug({ error: String(error) }, 'old sockets stay'));
    if (address !== null) await this.#listen(api, address);
    const first = await api.makeFirstToken();
    this.#keys.start();
    if (first !== null) (this.#options.announce ?? printFirstToken)(first, this.#url());
  }

  /** To be told of revisions that came from a file: the audit has a line for each. */
  async reconcile(): Promise<void> {
    this.#keys.tell();
    await this.#api?.reconcile();
  }

  async stop(): Promise<void> {
    this.#keys.stop();
    await this.#api?.close();
    this.#socket.remove();
  }

  /** It is loaded while the workers start, since no request waits for it. */
  async #load(): Promise<AdminApi> {
    const { facts, ports, settings, stateDir, env, timers, log, limits } = this.#options;
    const [{ AdminApi }, { adminView }, { environmentToken }, { TokenFileError }] = await Promise.all([
      import('#control/admin/admin-api.ts'),
      import('./admin-facts.ts'),
      import('#control/auth/environment-token.ts'),
      import('#control/auth/token-file.ts'),
    ]);
    const view = adminView(facts, () => this.#addresses);
    const given = environmentToken(env);
    if ('problem' in given) throw new OperatorError(given.problem);
    try {
      return new AdminApi({
        ports: { ...ports, view },
        settings,
        stateDir,
        environmentToken: given.token,
        version: facts().version,
        onChange: () => this.#keys.tell(),
        timers,
        log,
        ...(limits !== undefined && { limits }),
      });
    } catch (error) {
      throw error instanceof TokenFileError ? new OperatorError(error.message) : error;
    }
  }

  async #listen(api: AdminApi, address: SocketAddress): Promise<void> {
    const what = 'The admin API (admin.address)';
    if (address.kind === 'unix') await checkAddress(what, address);
    try {
      this.port = await api.listen(address, 'own');
    } catch (error) {
      throw bindError(what, address, error as NodeJS.ErrnoException);
    }
    const bound = address.kind === 'unix' ? address : { ...address, port: this.port };
    this.#addresses = [...this.#addresses, bound];
    this.#options.log.info({ address: addressText(bound) }, 'the admin API listens');
  }

  /** Where a person's browser finds it; null when only listeners lead there, or a socket. */
  #url(): string | null {
    const { plan, ports } = this.#options.facts();
    const own = this.#addresses.find((address) => address.kind === 'tcp');
    if (own !== undefined) return urlOf(own);
    if (!plan.routes.some((route) => route.controlPlane)) return null;
    const listener = plan.listeners.find(({ address }) => address.kind === 'tcp');
    if (listener === undefined || listener.address.kind === 'unix') return null;
    return urlOf({ ...listener.address, port: ports[listener.name] ?? listener.address.port });
  }
}

function urlOf(address: SocketAddress & { kind: 'tcp' }): string {
  const everywhere = address.host === '0.0.0.0' || address.host === '::';
  return `http://${addressText(everywhere ? { ...address, host: '127.0.0.1' } : address)}`;
}

function printFirstToken({ token, code, keptIn }: FirstToken, url: string | null): void {
  const link = url === null ? '' : `\nOr sign in within ten minutes, once, at ${url}/#sign-in=${code}\n`;
  const kept = keptIn === null ? 'It ends with this process.' : `Only its hash is kept, in ${keptIn}.`;
  process.stderr.write(
    `\nNobody had a token for the admin API, so one was made for an operator. It is shown this once:\n\n  ${token}\n${link}\n${kept}\n\n`,
  );
}
