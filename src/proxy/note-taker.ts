/**
 * Decides at an exchange's begin whether anything is remembered of it (observe/exchange-notes.ts says when), takes the notes,
 * and hands them to their readers at its end. One per exchange. Where nobody wants notes, an exchange costs a branch here. Where some are kept for what fails or is slow,
 * notes that were not wanted at the begin are taken from the first attempt on that says so (late-notes.ts).
 */
import type { FaultCode } from '#core/fault.ts';
import { Outcome } from '#core/outcome.ts';
import type { RequestHead } from '#http1/request-head.ts';
import type { DecisionBook } from '#observe/decision-book.ts';
import { ExchangeNotes } from '#observe/exchange-notes.ts';
import { writeSpanId } from '#observe/trace-context.ts';
import { noteAttempt, noteEnd, noteRequest, type Ended } from './access-notes.ts';
import type { Attempt } from './attempt.ts';
import type { DataPlane } from './data-plane.ts';
import type { Downstream } from './downstream.ts';
import { noteFromHead } from './late-notes.ts';
import { PickNotes } from './pick-notes.ts';
import type { RouteState } from './plan-state.ts';
import type { RequestCopy } from './request-copy.ts';

export class NoteTaker {
  /** Null: nothing is remembered of this exchange. */
  notes: ExchangeNotes | null = null;
  readonly picks: PickNotes;
  readonly #plane: DataPlane;
  #spare: ExchangeNotes | null = null;
  /** Where each attempt's own span id goes in the head for the backend. */
  #spanAt = 0;
  #client!: Downstream;
  #startedMs = 0;
  #queueMs = -1;
  /** Bytes taken off the front of the path. */
  #stripBytes = 0;
  /** Nobody wanted notes when the exchange began: its request is read when it is over. */
  #late = false;

  constructor(plane: DataPlane) {
    this.#plane = plane;
    this.picks = new PickNotes(plane);
  }

  /** Whether times of attempts are wanted, by notes that are there or may be taken late. */
  get watched(): boolean {
    return this.notes !== null || this.#plane.book !== null;
  }

  /** The exchange begins with the head just parsed from `buf`. */
  begin(client: Downstream, buf: Buffer, head: RequestHead, nowMs: number): void {
    const { tracing, accessLog } = this.#plane;
    tracing.enter(buf, head.fields, client);
    this.#client = client;
    this.#startedMs = nowMs;
    this.#queueMs = -1;
    this.#stripBytes = 0;
    this.#late = false;
    const recorded = this.picks.begin(buf, head, nowMs);
    if (accessLog === null && !tracing.sampled && !recorded) {
      this.notes = null;
      return;
    }
    const notes = (this.notes = this.#spare ??= new ExchangeNotes());
    noteRequest(notes, buf, head, client.facts, client.listener.plan.name, nowMs);
    if (tracing.continued || tracing.sampled) notes.trace(tracing.context);
    if (tracing.sampled) tracing.note(notes.span, buf, head, client);
  }

  /** The head for backends was written, with so much taken off the front of its path. */
  written(stripBytes: number): void {
    const { notes } = this;
    this.#stripBytes = stripBytes;
    if (notes === null) return;
    const { tracing } = this.#plane;
    notes.trace(tracing.context);
    this.#spanAt = tracing.spanAt;
    notes.span.stripBytes = stripBytes;
  }

  /** An attempt has its slot. */
  picked(attempt: Attempt): void {
    if (this.notes?.span.sampled !== true) return;
    const { requestIds } = this.#plane;
    attempt.spanHigh = requestIds.word();
    attempt.spanLow = requestIds.lowWord();
  }

  /** The head in `copy` is about to go to this attempt's backend. */
  stamp(copy: Buffer, attempt: Attempt): void {
    if (this.notes?.span.sampled === true) writeSpanId(copy, this.#spanAt, attempt.spanHigh, attempt.spanLow);
  }

  /** It stood in line for so long. */
  queued(ms: number): void {
    this.#queueMs = ms;
    if (this.notes !== null) this.notes.queueMs = ms;
  }

  /** An attempt is over, or the exchange goes on without it. */
  attempt(attempt: Attempt, outcome: Outcome, elapsedMs: number, exchangeStartedMs: number): void {
    const { book } = this.#plane;
    if (this.notes === null && book !== null) {
      const again = attempt.ordinal > 0 || outcome !== Outcome.success;
      if (again || book.isSlow(attempt.startedMs + elapsedMs - exchangeStartedMs)) this.#beginLate();
    }
    if (this.notes !== null) noteAttempt(this.notes, attempt, outcome, elapsedMs, exchangeStartedMs);
  }

  /** The exchange is over. */
  end(
    ended: Ended & { readonly copy: RequestCopy },
    route: RouteState | null,
    backend: string,
    fault: FaultCode,
    bytesIn: number,
    bytesOut: number,
    nowMs: number,
  ): void {
    const { accessLog, spans, book } = this.#plane;
    if (this.notes === null && book !== null && (fault !== 0 || book.isSlow(nowMs - this.#startedMs)))
      this.#beginLate();
    const { notes } = this;
    if (notes === null) return;
    noteEnd(notes, ended, route?.plan.name ?? '', backend, fault, bytesIn, bytesOut);
    if (accessLog !== null) {
      // Not these any more: an attempt that ends later must not change what is to be written.
      this.#spare = accessLog.take(notes, nowMs);
      this.notes = null;
    }
    if (book !== null && route?.plan.controlPlane !== true) this.#keep(book, notes, ended.copy, route, nowMs);
    // The control plane is no traffic: whoever reads metrics all day would fill the traces.
    if (!notes.span.sampled || route?.plan.controlPlane === true) return;
    if (route !== null) notes.span.route = route.pattern;
    spans.write(notes, nowMs);
  }

  /** It is refused before a head was written for a backend: the request has to be read now. */
  refused(buf: Buffer, head: RequestHead): void {
    if (this.notes !== null || this.#plane.book?.hasRoom(this.#startedMs) !== true) return;
    const notes = (this.notes = this.#spare ??= new ExchangeNotes());
    const { facts, listener } = this.#client;
    noteRequest(notes, buf, head, facts, listener.plan.name, this.#startedMs);
  }

  /** Gives back what an unusual request made grow. */
  trim(): void {
    this.#spare?.trim();
  }

  #beginLate(): void {
    const notes = (this.notes = this.#spare ??= new ExchangeNotes());
    const { facts, listener, output } = this.#client;
    notes.begin(this.#startedMs, facts.address, listener.plan.name);
    notes.versionMinor = output.versionMinor;
    notes.queueMs = this.#queueMs;
    this.#late = true;
  }

  #keep(book: DecisionBook, notes: ExchangeNotes, copy: RequestCopy, route: RouteState | null, nowMs: number): void {
    const { marked, list, refused } = this.picks;
    const durationMs = nowMs - this.#startedMs;
    const reason = book.reasonAt(notes.fault, notes.status, notes.attempts, durationMs, nowMs);
    if (reason === null && marked === null) return;
    if (this.#late) noteFromHead(notes, copy.head, this.#stripBytes > 0 && route !== null ? route.strip : '');
    book.keep(notes, { atMs: Date.now() - durationMs, durationMs, picks: list, refused }, marked, reason);
  }
}
