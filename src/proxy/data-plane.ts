/** Everything that the exchanges of one worker share, and the plan that they obey. */
import type { Plan } from '#core/plan.ts';
import type { HeadLimits } from '#http1/head.ts';
import { RequestHead } from '#http1/request-head.ts';
import { ResponseHead } from '#http1/response-head.ts';
import type { CounterRow } from '#memory/counters.ts';
import type { Tables } from '#memory/tables.ts';
import { Recorder } from '#observe/recorder.ts';
import type { Connection, Listener, Transport } from '#transport/transport.ts';
import { DeadlineWheel } from './deadline.ts';
import { Downstream } from './downstream.ts';
import { Exchange } from './exchange.ts';
import { PlanState, type ListenerState } from './plan-state.ts';
import { RequestIds } from './request-ids.ts';
import { RequestWriter } from './request-writer.ts';
import { DateLine } from './response-writer.ts';
import { Staging } from './staging.ts';

/** Heads of answers: what backends send in earnest fits, and one worker's staging stays small. */
const RESPONSE_LIMITS: HeadLimits = { headerBytes: 64 * 1024, headerCount: 256, targetBytes: 0 };
/** The most fields that a listener's limits may allow. */
export const FIELDS_MAX = 1000;
/** Exchanges kept for reuse; a burst beyond it is left to the garbage collector. */
const SPARE_EXCHANGES_MAX = 1024;
/** Connections that wait to be accepted, as far as the kernel allows (net.core.somaxconn). */
const BACKLOG = 65535;

export class DataPlane {
  readonly transport: Transport;
  readonly worker: number;
  readonly wheel: DeadlineWheel;
  readonly recorder: Recorder;
  readonly requestHead: RequestHead = new RequestHead(FIELDS_MAX);
  readonly responseHead: ResponseHead = new ResponseHead(RESPONSE_LIMITS.headerCount);
  readonly responseLimits: HeadLimits = RESPONSE_LIMITS;
  readonly requestIds: RequestIds = new RequestIds();
  readonly requestWriter: RequestWriter = new RequestWriter(this.requestIds);
  readonly staging: Staging = new Staging();
  readonly date: DateLine = new DateLine();
  /** Answers end their connections, and nothing new is accepted. */
  draining = false;
  state: PlanState;
  readonly #tables: Tables;
  readonly #clients = new Set<Downstream>();
  readonly #spare: Exchange[] = [];
  readonly #listening: Listener[] = [];
  readonly #clocks: NodeJS.Timeout[] = [];
  readonly #refreshing: NodeJS.Timeout[] = [];
  #whenEmpty: (() => void) | null = null;

  constructor(transport: Transport, tables: Tables, worker: number, plan: Plan) {
    this.transport = transport;
    this.worker = worker;
    this.#tables = tables;
    this.wheel = new DeadlineWheel(performance.now());
    this.recorder = new Recorder(tables.counters.rows[worker] as CounterRow);
    this.state = new PlanState(plan, tables, worker, null);
  }

  /** Obeys `plan` from now on. Exchanges that have begun go on under the plan they began with. */
  publish(plan: Plan): void {
    const before = this.state;
    this.state = new PlanState(plan, this.#tables, this.worker, before);
    for (const [slot, backend] of before.backends) {
      if (this.state.backends.get(slot) !== backend) backend.retire();
    }
    for (const pool of before.pools) {
      if (!this.state.pools.some(({ strategy }) => strategy === pool.strategy)) pool.supersede();
    }
    if (this.#refreshing.length > 0 || this.#clocks.length > 0) this.#startRefreshing();
  }

  resolve(addresses: Readonly<Record<number, readonly string[]>>): void {
    for (const [slot, list] of Object.entries(addresses)) this.state.backends.get(Number(slot))?.resolve(list);
  }

  /** Opens a listener of the plan; returns its port. `port` replaces a port 0 of the plan. */
  async listen(name: string, port: number): Promise<number> {
    const { plan } = this.#listener(name);
    const address = plan.address.kind === 'tcp' && port !== 0 ? { ...plan.address, port } : plan.address;
    const listener = await this.transport.listen(
      { address, shared: address.kind === 'tcp', backlog: BACKLOG },
      (connection) => {
        this.#accept(this.#listener(name), connection);
      },
    );
    this.#listening.push(listener);
    return listener.port;
  }

  takeExchange(): Exchange {
    this.recorder.requestBegun();
    return this.#spare.pop() ?? new Exchange(this);
  }

  releaseExchange(exchange: Exchange): void {
    this.recorder.requestOver();
    exchange.trim();
    if (this.#spare.length < SPARE_EXCHANGES_MAX) this.#spare.push(exchange);
  }

  connectionGone(client: Downstream): void {
    this.#clients.delete(client);
    this.recorder.connectionClosed();
    if (this.#clients.size === 0) this.#whenEmpty?.();
  }

  /** Starts the clocks: deadlines, and the refreshing of strategies that ask for it. */
  start(): void {
    this.#clocks.push(setInterval(() => this.wheel.advance(performance.now()), DeadlineWheel.tickMs));
    this.#startRefreshing();
  }

  stop(): void {
    for (const clock of [...this.#clocks.splice(0), ...this.#refreshing.splice(0)]) clearInterval(clock);
  }

  /**
   * Accepts nothing new and lets what runs finish, up to `graceMs`. Idle connections are given `idleMs` to send one more
   * request, which is answered with `connection: close`. Resolves with the number of connections that were cut.
   */
  async drain(graceMs: number, idleMs: number): Promise<number> {
    this.draining = true;
    for (const listener of this.#listening) listener.close();
    if (this.#clients.size === 0) return 0;
    const empty = new Promise<void>((resolve) => {
      this.#whenEmpty = resolve;
    });
    const idle = setTimeout(
      () => {
        for (const client of this.#clients) client.closeIdle();
      },
      Math.min(idleMs, graceMs),
    );
    let grace: NodeJS.Timeout | undefined;
    const over = new Promise<void>((resolve) => {
      grace = setTimeout(resolve, graceMs);
    });
    await Promise.race([empty, over]);
    clearTimeout(idle);
    clearTimeout(grace);
    const cut = this.#clients.size;
    for (const client of this.#clients) client.cut();
    return cut;
  }

  #startRefreshing(): void {
    for (const clock of this.#refreshing.splice(0)) clearInterval(clock);
    for (const { strategy, refreshMs } of this.state.pools) {
      if (refreshMs > 0) this.#refreshing.push(setInterval(() => strategy.refresh?.(performance.now()), refreshMs));
    }
  }

  #listener(name: string): ListenerState {
    const listener = this.state.listeners.get(name);
    if (listener === undefined) throw new Error(`the plan has no listener ${name}`);
    return listener;
  }

  #accept(listener: ListenerState, connection: Connection): void {
    // Every worker may hold its share of the listener's connections.
    const { connections } = listener.plan.limits;
    if (connections > 0 && this.#clients.size >= Math.ceil(connections / this.state.plan.workers)) {
      this.recorder.connectionRefused();
      connection.destroy();
      return;
    }
    const client = new Downstream(this, listener, connection, performance.now());
    connection.handler = client;
    this.#clients.add(client);
    this.recorder.connectionOpened();
  }
}
