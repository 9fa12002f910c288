/**
 * The trace of the request whose head was just parsed: goes on from the client's traceparent or begins here, is recorded or
 * not, and what of it is written for backends (W3C Trace Context, level 1). One per worker, filled anew by each request.
 *
 * Precedence: an invalid traceparent, or more than one, counts as none, and a tracestate without a valid traceparent is not
 * passed on (sections 3.2.3 and 3.3.1). Without spans to send (`tracing.otlp` is null) a valid one goes on as it came.
 * With them, whoever began the trace decides whether it is recorded: a trusted proxy always, any other client at most
 * `clientsPerSecond` times in a second, over all workers. What is over that is not recorded, and says so to backends, so that
 * a client cannot make them record it either. Traces that begin here are drawn by their ids (observe/trace-sampler.ts),
 * before anything is copied or built.
 */
import type { TracingPlan } from '#core/plan.ts';
import { FIELD_STRIDE, FieldId, type Fields } from '#http1/head.ts';
import type { RequestHead } from '#http1/request-head.ts';
import type { SpanTable } from '#memory/span-ring.ts';
import type { Recorder } from '#observe/recorder.ts';
import type { SpanNotes } from '#observe/span-notes.ts';
import { RANDOM, SAMPLED, TraceContext, parentAt } from '#observe/trace-context.ts';
import { TraceSampler } from '#observe/trace-sampler.ts';
import { TraceState } from '#observe/trace-state.ts';
import { ClientIdentity } from './client-identity.ts';
import type { RequestIds } from './request-ids.ts';
import type { ClientFacts } from './request-writer.ts';

/** Who asks. */
interface Caller {
  readonly facts: ClientFacts;
  readonly peer: { readonly remotePort: number };
}

/** What bounds how many exchanges clients have recorded. */
interface Admission {
  readonly spans: SpanTable;
  readonly recorder: Recorder;
}

const PARENT_BIT = 1 << FieldId.traceparent;
const STATE_BIT = 1 << FieldId.tracestate;
const TRACEPARENT = Buffer.from('traceparent: ', 'latin1');
const TRACESTATE = Buffer.from('tracestate: ', 'latin1');
const CR = 13;
const LF = 10;

export class Tracing {
  readonly context: TraceContext = new TraceContext();
  /** Whether this request is recorded. */
  sampled = false;
  /** Whether a client began the trace. */
  continued = false;
  /** Bit `1 << FieldId` for each field of the client's that does not go on. */
  dropped = 0;
  /** Where the parent's span id stands in the head written last, if one was written. */
  spanAt = 0;
  readonly #ids: RequestIds;
  readonly #state = new TraceState();
  /** Where the lines of the state are; null: there is none to write. */
  #stateIn: Buffer | null = null;
  #hasState = false;
  #sampler: TraceSampler | null = null;
  #plan: TracingPlan | null = null;
  readonly #admission: Admission | null;
  readonly #client = new ClientIdentity();

  /** Without `admission` no client that is not trusted has exchanges recorded. */
  constructor(ids: RequestIds, admission: Admission | null = null) {
    this.#ids = ids;
    this.#admission = admission;
  }

  /** Null: nothing is recorded from now on. */
  obey(plan: TracingPlan | null): void {
    this.#plan = plan;
    this.#sampler = plan === null ? null : new TraceSampler(plan.sample);
  }

  /** Looks at the head of `client`'s that was just parsed from `buf`. */
  enter(buf: Buffer, fields: Fields, client: Caller): void {
    const { context } = this;
    this.dropped = 0;
    this.sampled = false;
    this.#hasState = false;
    this.#stateIn = null;
    this.continued = (fields.seen & PARENT_BIT) !== 0 && this.#readParent(buf, fields);
    if (!this.continued) {
      this.dropped = fields.seen & (PARENT_BIT | STATE_BIT);
      context.make(this.#ids);
      if (this.#sampler === null || !this.#sampler.samples(context)) return;
      this.sampled = true;
      context.flags |= SAMPLED;
      return;
    }
    if ((fields.seen & STATE_BIT) !== 0) this.#readState(buf, fields);
    if (this.#plan === null || !context.isSampled) return;
    this.sampled = client.facts.trusted || this.#admits(this.#plan);
    this.dropped |= PARENT_BIT;
    if (!this.sampled) context.flags &= RANDOM;
  }

  /** Writes the lines for backends that the client's own do not say; returns the offset behind them. */
  write(fields: Fields, into: Buffer, at: number): number {
    let to = at;
    if (!this.continued || (this.dropped & PARENT_BIT) !== 0) {
      to += TRACEPARENT.copy(into, to);
      this.spanAt = parentAt(to);
      const { context } = this;
      if (this.continued) to = context.write(into, to, context.parentHigh, context.parentLow);
      else to = context.write(into, to, this.#ids.word(), this.#ids.lowWord());
      into[to] = CR;
      into[to + 1] = LF;
      to += 2;
    }
    if (this.#stateIn === null || (this.dropped & fields.seen & STATE_BIT) === 0) return to;
    to += TRACESTATE.copy(into, to);
    to = this.#state.write(this.#stateIn, into, to);
    into[to] = CR;
    into[to + 1] = LF;
    return to + 2;
  }

  /** Remembers the place in the trace, a span of this exchange's own, and who asks, for what is recorded. */
  note(notes: SpanNotes, buf: Buffer, head: RequestHead, { facts, peer }: Caller): void {
    const { context } = this;
    notes.sampled = true;
    notes.parentHigh = context.parentHigh;
    notes.parentLow = context.parentLow;
    notes.flags = context.flags;
    notes.high = this.#ids.word();
    notes.low = this.#ids.lowWord();
    notes.stateBytes = this.#hasState ? this.#state.write(buf, notes.reserveState(), 0) : 0;
    notes.route = '';
    notes.stripBytes = 0;
    notes.peerPort = peer.remotePort;
    notes.hasClient = facts.proxies !== null && this.#client.find(buf, head, facts.proxies);
    if (notes.hasClient) notes.client.set(this.#client.address.words);
    notes.secure = facts.secure;
  }

  /** False when there is not exactly one that is valid. */
  #readParent(buf: Buffer, fields: Fields): boolean {
    let found = -1;
    for (let cell = 0; cell < fields.count * FIELD_STRIDE; cell += FIELD_STRIDE) {
      if (fields.at[cell + 4] !== FieldId.traceparent) continue;
      if (found !== -1) return false;
      found = cell;
    }
    return this.context.read(buf, fields.at[found + 2] as number, fields.at[found + 3] as number);
  }

  #readState(buf: Buffer, fields: Fields): void {
    const state = this.#state;
    state.begin();
    for (let cell = 0; cell < fields.count * FIELD_STRIDE; cell += FIELD_STRIDE) {
      if (fields.at[cell + 4] !== FieldId.tracestate) continue;
      state.line(buf, fields.at[cell + 2] as number, fields.at[cell + 3] as number);
    }
    const passes = state.finish();
    this.#hasState = state.bytes > 0;
    if (passes) return;
    this.dropped |= STATE_BIT;
    if (this.#hasState) this.#stateIn = buf;
  }

  #admits({ clientsPerSecond }: TracingPlan): boolean {
    if (this.#admission === null) return false;
    const second = Math.floor((performance.timeOrigin + performance.now()) / 1000);
    const { spans, recorder } = this.#admission;
    if (spans.admit(second, clientsPerSecond)) return true;
    recorder.traceRefused();
    return false;
  }
}
