/**
 * Brings the records of sampled exchanges from the workers' rings to a collector. Looks every `LOOK_MS`, makes spans of what
 * is there, and posts them in batches, one request at a time.
 *
 * When a collector is slow or down, what was made waits, up to `WAITING_SPANS_MAX`; then records are left in their rings, and
 * once those are full workers drop what finds no room, which costs them nothing. A batch is tried `TRIES_MAX` times when the
 * collector says that this may help (429, 502, 503, 504; OTLP specification, "Failures") or is not there, after a wait that
 * doubles, or as long as it asks. What it refuses for good is not tried again. At the end there are `FLUSH_MS` for what waits.
 */
import type { Cancel, Log, Random, Timers } from '#core/ports.ts';
import type { SpanTable } from '#memory/span-ring.ts';
import { exportBody, spansOf } from '#observe/span-otlp.ts';
import { readRecord } from '#observe/span-record.ts';
import type { OtlpAnswer, OtlpPost } from './otlp-post.ts';
import type { TraceSettings } from './trace-settings.ts';

const LOOK_MS = 200;
/** What a collector takes at once without trouble: it is OpenTelemetry's own default. */
const BATCH_SPANS_MAX = 512;
/** Less than a batch waits so long for more. */
const DELAY_MS = 1000;
/** Eight batches, some 6 MB. */
const WAITING_SPANS_MAX = 4096;
const TRIES_MAX = 6;
const BACKOFF_FIRST_MS = 1000;
const BACKOFF_MS_MAX = 30_000;
/** A collector that asks for more is not waited for longer. */
const RETRY_AFTER_MS_MAX = 60_000;
/** Within what orchestrators leave between SIGTERM and SIGKILL, behind the drain. */
const FLUSH_MS = 3000;

/** Spans by what became of them. `dropped`: never sent, but for those that workers found no room for. */
export interface SpanCounts {
  exported: number;
  dropped: number;
  failed: number;
}

export interface SpanExporterOptions {
  readonly table: SpanTable;
  readonly version: string;
  readonly counts: SpanCounts;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  readonly post: OtlpPost;
}

type Verdict = { readonly kind: 'taken' | 'refused' | 'later'; readonly waitMs: number; readonly why: string };

export class SpanExporter {
  #settings: TraceSettings;
  readonly #options: SpanExporterOptions;
  #waiting: string[] = [];
  #oldestMs = 0;
  /** Ends with the batch that is being sent; null: none is. */
  #sending: Promise<void> | null = null;
  #closing = false;
  /** The collector did not take what it was sent last. */
  #failing = false;
  #cancelLook: Cancel | null = null;
  #endPause: (() => void) | null = null;
  readonly #abort = new AbortController();

  constructor(settings: TraceSettings, options: SpanExporterOptions) {
    this.#settings = settings;
    this.#options = options;
  }

  start(): void {
    this.#lookLater();
  }

  /** The next request goes where these say. */
  follow(settings: TraceSettings): void {
    this.#settings = settings;
    // Whoever put the collector's address right does not want to wait.
    this.#endPause?.();
  }

  /** Sends what there is, within `FLUSH_MS`; what is left then is dropped. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#cancelLook?.();
    this.#endPause?.();
    let cancel: Cancel = () => {};
    const over = new Promise<void>((resolve) => {
      cancel = this.#options.timers.after(FLUSH_MS, resolve);
    });
    await Promise.race([this.#sendAll(), over]);
    cancel();
    this.#abort.abort();
    this.#options.counts.dropped += this.#waiting.length;
    this.#waiting = [];
  }

  #lookLater(): void {
    this.#cancelLook = this.#options.timers.after(LOOK_MS, () => {
      this.#look();
      if (this.#isDue && this.#sending === null) {
        this.#sending = this.#send().finally(() => {
          this.#sending = null;
        });
      }
      this.#lookLater();
    });
  }

  get #isDue(): boolean {
    const { length } = this.#waiting;
    return length >= BATCH_SPANS_MAX || (length > 0 && this.#options.timers.nowMs() - this.#oldestMs >= DELAY_MS);
  }

  /** Makes spans of what workers have recorded, as long as there is room. */
  #look(): void {
    const { table, timers } = this.#options;
    for (const ring of table.rows) {
      if (this.#waiting.length >= WAITING_SPANS_MAX) return;
      ring.take((bytes, start, end) => {
        if (this.#waiting.length === 0) this.#oldestMs = timers.nowMs();
        this.#waiting.push(...spansOf(readRecord(bytes, start, end)));
        return this.#waiting.length < WAITING_SPANS_MAX;
      });
    }
  }

  async #send(): Promise<void> {
    while (this.#isDue && !this.#closing) await this.#deliver(this.#waiting.splice(0, BATCH_SPANS_MAX));
  }

  /** The last ones: the batch that is being sent, then what waits, then what workers wrote meanwhile. */
  async #sendAll(): Promise<void> {
    await this.#sending;
    this.#look();
    while (this.#waiting.length > 0 && !this.#abort.signal.aborted) {
      await this.#deliver(this.#waiting.splice(0, BATCH_SPANS_MAX));
      this.#look();
    }
  }

  async #deliver(batch: string[]): Promise<void> {
    const { counts, log } = this.#options;
    for (let tries = 1; ; tries++) {
      const { kind, waitMs, why } = await this.#try(batch, tries);
      if (kind === 'taken') return;
      if (!this.#failing) log.warn({ collector: this.#settings.shownUrl, why }, 'the collector does not take spans');
      this.#failing = true;
      if (kind === 'refused' || tries === TRIES_MAX || this.#closing) {
        counts.failed += batch.length;
        return;
      }
      await this.#pause(waitMs);
    }
  }

  async #try(batch: string[], tries: number): Promise<Verdict> {
    const { random, post, version } = this.#options;
    const { url, headers, resource } = this.#settings;
    const doubled = Math.min(BACKOFF_MS_MAX, BACKOFF_FIRST_MS * 2 ** (tries - 1));
    const waitMs = doubled * (0.5 + random() / 2);
    try {
      const answer = await post(url, headers, exportBody(resource, version, batch), this.#abort.signal);
      const { status, message } = answer;
      const why = message === '' ? `it answered ${status}` : `it answered ${status}: ${message}`;
      if (status >= 200 && status < 300) {
        this.#taken(batch.length, answer);
        return { kind: 'taken', waitMs: 0, why };
      }
      const again = status === 429 || status === 502 || status === 503 || status === 504;
      const asked = Math.min(RETRY_AFTER_MS_MAX, answer.retryAfterMs);
      return { kind: again ? 'later' : 'refused', waitMs: Math.max(asked, waitMs), why };
    } catch (error) {
      return { kind: 'later', waitMs, why: reasonOf(error) };
    }
  }

  #taken(spans: number, { rejected, message }: OtlpAnswer): void {
    const { counts, log } = this.#options;
    const refused = Math.min(rejected, spans);
    counts.failed += refused;
    counts.exported += spans - refused;
    if (refused > 0) {
      if (!this.#failing) log.warn({ spans: refused, why: message }, 'the collector has taken only some spans');
      this.#failing = true;
    } else {
      if (this.#failing) log.info({ collector: this.#settings.shownUrl }, 'the collector takes spans again');
      this.#failing = false;
    }
  }

  async #pause(ms: number): Promise<void> {
    let cancel: Cancel = () => {};
    await new Promise<void>((resolve) => {
      cancel = this.#options.timers.after(ms, resolve);
      this.#endPause = resolve;
    });
    this.#endPause = null;
    cancel();
  }
}

/** A system's code, or the name of what went wrong: messages may name what nobody should read. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it cannot be reached';
  if (error.name === 'TimeoutError' || error.cause instanceof DOMException) return 'it did not answer in time';
  return (error as NodeJS.ErrnoException).code ?? error.name;
}
