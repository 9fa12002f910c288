/**
 * Endpoints of a Kubernetes service: all EndpointSlices of its label, listed once and then watched. Bookmarks move the resource
 * version on while nothing happens, so that a watch that breaks off goes on where it was; a version that is too old (410) is
 * a reason to list anew, not a failure.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
import type { Cancel, Timers } from '#core/ports.ts';
import { hostPort, memberId, type Member } from '../member.ts';
import type { Listener, Source } from '../source.ts';

export interface KubernetesSettings {
  readonly namespace: string;
  readonly service: string;
  /** By number or name; a name is looked up in each slice. */
  readonly port: string | number;
  readonly interval: number;
}

/** The API server of the cluster, asked as the pod's service account. */
export interface KubernetesApi {
  /** The JSON of an answer of 200. Rejects with `KubernetesError` for another, with a sentence for none. */
  get(path: string): Promise<unknown>;
  /** Lines of a watch as they come, until it ends (resolves) or breaks off (rejects). `stop` ends it. */
  watch(path: string, onLine: (line: string) => void): { readonly ended: Promise<void>; stop(): void };
}

export class KubernetesError extends Error {
  override readonly name = 'KubernetesError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const PAGE = 500;
/** A service of a hundred endpoints a slice: more than anybody has members. */
const SLICES_MAX = 1000;
/** The server ends a watch after this long; it is begun again where it was. */
const WATCH_S = 300;
const RETRY_MIN_MS = 500;
/** A server that ends every watch at once is not asked without a pause. */
const WATCH_GAP_MS = 250;
const GONE = 410;

interface Slice {
  readonly metadata?: { readonly name?: string; readonly resourceVersion?: string };
  readonly addressType?: string;
  readonly endpoints?: readonly Endpoint[] | null;
  readonly ports?: readonly { readonly name?: string | null; readonly port?: number | null }[] | null;
}

interface Endpoint {
  readonly addresses?: readonly string[];
  readonly conditions?: {
    readonly ready?: boolean | null;
    readonly serving?: boolean | null;
    readonly terminating?: boolean | null;
  };
  readonly targetRef?: { readonly kind?: string; readonly name?: string };
}

interface WatchEvent {
  readonly type?: string;
  readonly object?: Slice & { readonly code?: number; readonly message?: string };
}

export class KubernetesSource implements Source {
  readonly #settings: KubernetesSettings;
  readonly #api: KubernetesApi;
  readonly #listener: Listener;
  readonly #timers: Timers;
  readonly #slices = new Map<string, Slice>();
  #version = '';
  #watch: { stop(): void } | null = null;
  #cancel: Cancel | null = null;
  #stopped = false;
  #failures = 0;

  constructor(settings: KubernetesSettings, api: KubernetesApi, listener: Listener, timers: Timers) {
    this.#settings = settings;
    this.#api = api;
    this.#listener = listener;
    this.#timers = timers;
    void this.#run();
  }

  stop(): void {
    this.#stopped = true;
    this.#watch?.stop();
    this.#cancel?.();
  }

  /** Lists where it must, and watches once. */
  async #run(): Promise<void> {
    try {
      if (this.#version === '') await this.#list();
      if (this.#stopped) return;
      await this.#follow();
      this.#again(WATCH_GAP_MS);
    } catch (error) {
      if (this.#stopped) return;
      if (error instanceof KubernetesError && error.status === GONE) {
        this.#version = '';
        this.#again(WATCH_GAP_MS);
        return;
      }
      this.#failures += 1;
      this.#listener.failure((error as Error).message);
      this.#again(Math.min(this.#settings.interval, RETRY_MIN_MS * 2 ** Math.min(16, this.#failures - 1)));
    }
  }

  #again(waitMs: number): void {
    this.#cancel = this.#timers.after(waitMs, () => void this.#run());
  }

  get #path(): string {
    const { namespace, service } = this.#settings;
    const selector = encodeURIComponent(`kubernetes.io/service-name=${service}`);
    return `/apis/discovery.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/endpointslices?labelSelector=${selector}`;
  }

  async #list(): Promise<void> {
    const found = new Map<string, Slice>();
    let next = '';
    let version = '';
    do {
      const page = (await this.#api.get(`${this.#path}&limit=${PAGE}${next}`)) as {
        items?: Slice[];
        metadata?: { resourceVersion?: string; continue?: string };
      };
      for (const slice of page.items ?? []) found.set(slice.metadata?.name ?? '', slice);
      if (found.size > SLICES_MAX) throw new Error(`there are more than ${SLICES_MAX} endpoint slices of it`);
      version = page.metadata?.resourceVersion ?? '';
      const token = page.metadata?.continue ?? '';
      next = token === '' ? '' : `&continue=${encodeURIComponent(token)}`;
    } while (next !== '' && !this.#stopped);
    if (version === '') throw new Error('the API server gave a list without a resource version');
    this.#slices.clear();
    for (const [name, slice] of found) this.#slices.set(name, slice);
    this.#version = version;
    this.#tell();
  }

  async #follow(): Promise<void> {
    let error: Error | null = null;
    const query = `&watch=1&allowWatchBookmarks=true&timeoutSeconds=${WATCH_S}&resourceVersion=${encodeURIComponent(this.#version)}`;
    const watch = this.#api.watch(`${this.#path}${query}`, (line) => {
      if (error !== null || this.#stopped) return;
      try {
        this.#take(JSON.parse(line) as WatchEvent);
      } catch (thrown) {
        error =
          thrown instanceof SyntaxError ? new Error('the API server sent a line that is not JSON') : (thrown as Error);
        watch.stop();
      }
    });
    this.#watch = watch;
    try {
      await watch.ended;
    } catch (thrown) {
      if (error === null) throw thrown;
    }
    if (error !== null) throw error as Error;
  }

  #take({ type, object = {} }: WatchEvent): void {
    if (type === 'ERROR') {
      const says = object.message ?? 'the API server ended the watch';
      throw new KubernetesError(object.code ?? 0, says);
    }
    const { name, resourceVersion } = object.metadata ?? {};
    if (resourceVersion !== undefined) this.#version = resourceVersion;
    this.#failures = 0;
    if (type === 'BOOKMARK' || name === undefined) return;
    if (type === 'DELETED') this.#slices.delete(name);
    else this.#slices.set(name, object);
    this.#tell();
  }

  #tell(): void {
    const members = [...this.#slices.values()].flatMap((slice) => this.#membersOf(slice));
    if (members.length > 0) this.#listener.answer(members);
    else this.#listener.failure(`service ${this.#settings.service} of namespace ${this.#settings.namespace} has no endpoint that is ready`); // prettier-ignore
  }

  #membersOf({ addressType, endpoints, ports }: Slice): Member[] {
    if (addressType === 'FQDN') return [];
    const wanted = this.#settings.port;
    const port = typeof wanted === 'number' ? wanted : ports?.find(({ name }) => (name ?? '') === wanted)?.port;
    if (port === undefined || port === null) return [];
    return (endpoints ?? []).flatMap(({ addresses, conditions, targetRef }): Member[] => {
      const [host] = addresses ?? [];
      // Absent says ready (the API's own reading). One that terminates and still serves finishes what it has.
      const ready = conditions?.ready ?? true;
      const serves = conditions?.serving ?? ready;
      if (host === undefined || (!ready && !(serves && conditions?.terminating === true))) return [];
      const name = targetRef?.kind === 'Pod' ? targetRef.name : undefined;
      const id = memberId(name, host, port) || hostPort(host, port);
      return [{ id, host, port, weight: 1, tier: 0, state: ready ? 'active' : 'draining' }];
    });
  }
}
