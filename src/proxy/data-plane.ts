/** Everything that the exchanges of one worker share, and the plan that they obey. */
import { DrawTape } from '#core/balancing/draw-tape.ts';
import { Fault } from '#core/fault.ts';
import { PickRecorder } from '#core/balancing/pick-recorder.ts';
import type { Plan } from '#core/plan.ts';
import type { RequestsPlan } from '#core/plan-failures.ts';
import type { HeadLimits } from '#http1/head.ts';
import { RequestHead } from '#http1/request-head.ts';
import { ResponseHead } from '#http1/response-head.ts';
import type { CounterRow } from '#memory/counters.ts';
import { EventKind } from '#memory/event-ring.ts';
import type { PoolTable } from '#memory/pool-table.ts';
import type { SpanRing } from '#memory/span-ring.ts';
import type { Tables } from '#memory/tables.ts';
import type { TrafficRow } from '#memory/traffic-table.ts';
import type { AccessLog } from '#observe/access-log.ts';
import { DecisionBook } from '#observe/decision-book.ts';
import { Recorder } from '#observe/recorder.ts';
import { TrafficRecorder } from '#observe/traffic-recorder.ts';
import { SpanWriter } from '#observe/span-record.ts';
import type { Connection, ConnectionHandler, Listener, TlsEvents, Transport } from '#transport/transport.ts';
import { Attempt } from './attempt.ts';
import type { Backend } from './backend.ts';
import { DeadlineClock } from './deadline-clock.ts';
import { DeadlineWheel } from './deadline.ts';
import { AnnouncedClient } from './announced-client.ts';
import { Downstream } from './downstream.ts';
import { errorReply, type ErrorReplyOptions } from './error-reply.ts';
import type { Announcement, Peer } from './proxy-protocol.ts';
import { Exchange } from './exchange.ts';
import { ExplainKeys } from './explain-keys.ts';
import { FineClock } from './fine-clock.ts';
import { LoadGuard } from './load-guard.ts';
import { PlanState, type ListenerState, type PoolPorts } from './plan-state.ts';
import type { PoolLoad } from './pool-load.ts';
import { RequestIds } from './request-ids.ts';
import { RequestWriter } from './request-writer.ts';
import { DateLine } from './response-writer.ts';
import { Staging } from './staging.ts';
import { TlsSides } from './tls-sides.ts';
import { Tracing } from './tracing.ts';

/** Heads of answers: what backends send in earnest fits, and one worker's staging stays small. */
const RESPONSE_LIMITS: HeadLimits = { headerBytes: 64 * 1024, headerCount: 256, targetBytes: 0 };
/** The most fields that a listener's limits may allow. */
export const FIELDS_MAX = 1000;
/** Exchanges and attempts kept for reuse; a burst beyond it is left to the garbage collector. */
const SPARE_EXCHANGES_MAX = 1024;
/** Nothing is known of the request, but that it should have come by TLS. */
const REPLY_IN_THE_CLEAR: ErrorReplyOptions = {
  json: false,
  headOnly: false,
  close: true,
  keepAlive10: false,
  retryAfterSeconds: 0,
  requestId: '',
};
/** Connections that wait to be accepted, as far as the kernel allows (net.core.somaxconn). */
const BACKLOG = 65535;

export class DataPlane {
  readonly transport: Transport;
  readonly tls: TlsSides;
  readonly worker: number;
  readonly wheel: DeadlineWheel;
  /** For waits of a few milliseconds. */
  readonly fine: FineClock;
  readonly recorder: Recorder;
  /** What the simulator's models are made from. */
  readonly traffic: TrafficRecorder;
  /** Says which requests are refused for the process's own sake. */
  readonly guard: LoadGuard;
  readonly pools: PoolTable;
  readonly requestHead: RequestHead = new RequestHead(FIELDS_MAX);
  readonly responseHead: ResponseHead = new ResponseHead(RESPONSE_LIMITS.headerCount);
  readonly responseLimits: HeadLimits = RESPONSE_LIMITS;
  readonly requestIds: RequestIds = new RequestIds();
  readonly tracing: Tracing;
  readonly requestWriter: RequestWriter;
  /** Takes the records of sampled exchanges. */
  readonly spans: SpanWriter;
  readonly staging: Staging = new Staging();
  readonly date: DateLine = new DateLine();
  /** Answers end their connections, and nothing new is accepted. */
  draining = false;
  /** Null: nothing about an exchange is kept for a log line. */
  accessLog: AccessLog | null = null;
  /** Null: no exchange is recorded to be explained. */
  book: DecisionBook | null = null;
  readonly explainKeys: ExplainKeys = new ExplainKeys(Date.now);
  readonly pickRecorder: PickRecorder;
  state: PlanState;
  readonly #tables: Tables;
  readonly #tape = new DrawTape(Math.random);
  #requests: RequestsPlan | null = null;
  readonly #clients = new Set<Downstream | AnnouncedClient>();
  readonly #spare: Exchange[] = [];
  readonly #spareAttempts: Attempt[] = [];
  /** Pools, those of earlier plans included, for which requests wait. */
  readonly #lines = new Set<PoolLoad>();
  #servingLines = false;
  readonly #ports: PoolPorts;
  readonly #listening: Listener[] = [];
  readonly #clock: DeadlineClock;
  #started = false;
  readonly #refreshing: NodeJS.Timeout[] = [];
  #whenEmpty: (() => void) | null = null;

  constructor(transport: Transport, tables: Tables, worker: number, plan: Plan) {
    this.transport = transport;
    this.tls = new TlsSides(transport, (listener) => this.#tlsEvents(listener));
    this.worker = worker;
    this.#tables = tables;
    this.wheel = new DeadlineWheel(performance.now());
    this.#clock = new DeadlineClock(this.wheel, (nowMs) => {
      this.guard.tick(nowMs);
      this.recorder.loopLate(this.guard.lateMs);
    });
    this.fine = new FineClock(performance.now(), (nowMs) => this.#serveLines(nowMs));
    this.recorder = new Recorder(tables.counters.rows[worker] as CounterRow, plan.listeners.length);
    this.traffic = new TrafficRecorder(tables.traffic.rows[worker] as TrafficRow, performance.timeOrigin);
    this.pools = tables.pools;
    this.guard = new LoadGuard(tables.process, Math.random, DeadlineWheel.tickMs, performance.now());
    this.guard.obey(plan.overload);
    this.pickRecorder = new PickRecorder(this.#tape);
    this.#keepBook(plan);
    this.#ports = this.#makePorts();
    this.state = new PlanState(plan, tables, worker, null, this.#ports);
    this.tracing = new Tracing(this.requestIds, { spans: tables.spans, recorder: this.recorder });
    this.tracing.obey(plan.tracing);
    this.requestWriter = new RequestWriter(this.requestIds, this.tracing);
    this.spans = new SpanWriter(tables.spans.rows[worker] as SpanRing, tables.counters.rows[worker] as CounterRow);
  }

  /** Obeys `plan` from now on. Exchanges that have begun go on under the plan they began with. */
  publish(plan: Plan): void {
    const before = this.state;
    this.#keepBook(plan);
    this.state = new PlanState(plan, this.#tables, this.worker, before, this.#ports);
    this.guard.obey(plan.overload);
    this.tracing.obey(plan.tracing);
    for (const [slot, backend] of before.backends) {
      if (this.state.backends.get(slot) !== backend) backend.retire();
    }
    for (const pool of before.pools) {
      const { strategy } = pool.selector;
      if (!this.state.pools.some(({ selector }) => selector.strategy === strategy)) pool.selector.supersede();
    }
    if (this.#started) this.#startRefreshing();
  }

  resolve(addresses: Readonly<Record<number, readonly string[]>>): void {
    for (const [slot, list] of Object.entries(addresses)) this.state.backends.get(Number(slot))?.resolve(list);
  }

  /** Begins to connect to a backend. */
  connect(backend: Backend, handler: ConnectionHandler): Connection {
    const { tlsName } = backend.plan;
    if (tlsName === null) return this.transport.connect(backend.nextAddress(), handler);
    return this.tls.connector(backend.pool.name).connect(backend.nextAddress(), tlsName, handler);
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

  takeExchange(listener: ListenerState): Exchange {
    this.recorder.requestBegun(listener.row);
    return this.#spare.pop() ?? new Exchange(this);
  }

  releaseExchange(exchange: Exchange): void {
    this.recorder.requestOver(exchange.client.listener.row);
    exchange.trim();
    if (this.#spare.length < SPARE_EXCHANGES_MAX) this.#spare.push(exchange);
  }

  takeAttempt(): Attempt {
    return this.#spareAttempts.pop() ?? new Attempt(this);
  }

  releaseAttempt(attempt: Attempt): void {
    if (this.#spareAttempts.length < SPARE_EXCHANGES_MAX) this.#spareAttempts.push(attempt);
  }

  /** Uniform in [0, 1). */
  random(): number {
    return Math.random();
  }

  connectionGone(client: Downstream | AnnouncedClient): void {
    this.#clients.delete(client);
    this.recorder.connectionClosed();
    this.#tables.listeners.close(this.worker, client.listener.row);
    if (this.#clients.size === 0) this.#whenEmpty?.();
  }

  /** Starts the clocks: deadlines, and the refreshing of strategies that ask for it. */
  start(): void {
    this.#started = true;
    this.#clock.start();
    this.#startRefreshing();
  }

  stop(): void {
    this.#started = false;
    this.fine.stop();
    this.#clock.stop();
    for (const clock of this.#refreshing.splice(0)) clearInterval(clock);
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

  /** A book goes on while the plan says the same of it. */
  #keepBook({ requests }: Plan): void {
    const { sample, keep } = this.#requests ?? {};
    if (this.book !== null && requests?.sample === sample && requests?.keep === keep) return;
    this.#requests = requests;
    this.book = requests === null ? null : new DecisionBook(requests, this.worker, Math.random);
  }

  #makePorts(): PoolPorts {
    return {
      recorder: this.recorder,
      onCircuit: ({ slot, state, cause, failures, attempts }) => {
        this.recorder.circuit(slot, state, cause);
        this.#tables.events.put(EventKind.circuit, slot, state, cause, failures, attempts);
      },
      onPanic: ({ row }, panic) => this.#tables.events.put(EventKind.panic, row, panic ? 1 : 0, 0, 0, 0),
      onRoom: (load) => this.#onRoom(load),
      random: this.#tape.random,
    };
  }

  /** Requests in line are served from the event loop, not from inside whatever made room for them. */
  #onRoom(load: PoolLoad): void {
    this.#lines.add(load);
    this.fine.wake();
    if (this.#servingLines) return;
    this.#servingLines = true;
    setImmediate(() => {
      this.#servingLines = false;
      this.#serveLines(performance.now());
    });
  }

  /** Whether some request still waits in line: another worker may make room for it at any time. */
  #serveLines(nowMs: number): boolean {
    for (const load of this.#lines) {
      load.serveLine(nowMs);
      if (load.line.length === 0) this.#lines.delete(load);
    }
    return this.#lines.size > 0;
  }

  #startRefreshing(): void {
    for (const clock of this.#refreshing.splice(0)) clearInterval(clock);
    for (const { selector, refreshMs } of this.state.pools) {
      if (refreshMs > 0)
        this.#refreshing.push(setInterval(() => selector.strategy.refresh?.(performance.now()), refreshMs));
    }
  }

  #listener(name: string): ListenerState {
    const listener = this.state.listeners.get(name);
    if (listener === undefined) throw new Error(`the plan has no listener ${name}`);
    return listener;
  }

  #accept(listener: ListenerState, connection: Connection): void {
    const { limits, tls, name } = listener.plan;
    const { connections } = limits;
    const most = connections > 0 ? connections : Infinity;
    // A plan whose certificates cannot be read is refused before it comes here; were one to come, nobody is served in the clear.
    const acceptor = tls === null ? null : this.tls.acceptor(name);
    if (acceptor === undefined || !this.#tables.listeners.open(this.worker, listener.row, most)) {
      // Closed without a word: an answer would cost more than whoever floods pays for a connection.
      this.recorder.connectionRefused(listener.row);
      connection.destroy();
      return;
    }
    this.recorder.connectionOpened(listener.row);
    if (!listener.plan.proxyProtocol) {
      this.#serve(listener, acceptor?.secure(connection, null) ?? connection, connection);
      return;
    }
    const client = new AnnouncedClient(this, listener, connection, performance.now());
    connection.handler = client;
    this.#clients.add(client);
  }

  /** It is known whose a connection is; `peer` null: the peer's own. Bytes `buf[start, end)` are the client's first. */
  announced(before: AnnouncedClient, connection: Connection, { peer, buf, start, end }: Announcement): void {
    const { listener } = before;
    if (listener.plan.tls === null) {
      this.#clients.delete(before);
      const client = this.#serve(listener, connection, peer ?? connection);
      if (start < end) client.onRead(buf, start, end);
      return;
    }
    const acceptor = this.tls.acceptor(listener.plan.name);
    if (acceptor === undefined) {
      // A plan without TLS has come meanwhile, and this connection was made for the one before.
      before.cut();
      return;
    }
    this.#clients.delete(before);
    const early = start === end ? null : Buffer.from(buf.subarray(start, end));
    this.#serve(listener, acceptor.secure(connection, early), peer ?? connection);
  }

  #tlsEvents(name: string): TlsEvents {
    return {
      onHandshake: (how) => this.recorder.handshake(how, this.#listener(name).row),
      inTheClear: () => errorReply(Fault.notTls, REPLY_IN_THE_CLEAR, this.date.at(Date.now())),
    };
  }

  #serve(listener: ListenerState, connection: Connection, peer: Peer): Downstream {
    const client = new Downstream(this, listener, connection, peer, performance.now());
    connection.handler = client;
    this.#clients.add(client);
    return client;
  }
}
