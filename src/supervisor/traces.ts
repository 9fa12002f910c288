/**
 * Whether spans are sent, as the configuration in force says: what sends them is loaded when the configuration asks for it
 * for the first time, so that whoever has no collector pays nothing for it.
 */
import { randomUUID } from 'node:crypto';
import type { Environment } from '#control/config/environment.ts';
import type { Config } from '#control/config/schema.ts';
import type { Log, Timers } from '#core/ports.ts';
import type { Tables } from '#memory/tables.ts';
import type { SpanCounts, SpanExporter } from './span-exporter.ts';

export interface TracesOptions {
  readonly tables: () => Tables;
  readonly env: Environment;
  readonly version: string;
  readonly timers: Timers;
  readonly log: Log;
}

export class Traces {
  readonly #counts = { exported: 0, dropped: 0, failed: 0 };
  readonly #options: TracesOptions;
  readonly #instance = randomUUID();
  #exporter: { readonly spans: SpanExporter; readonly close: () => Promise<void> } | null = null;
  /** Changes take their turns. */
  #queue: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: TracesOptions) {
    this.#options = options;
  }

  /** What became of spans since the start. */
  get counts(): Readonly<SpanCounts> {
    return this.#counts;
  }

  /** Obeys these settings from now on. */
  obey(tracing: Config['tracing']): void {
    this.#queue = this.#queue.then(() => this.#obey(tracing)).catch((error: unknown) => this.#failed(error));
  }

  /** Sends what there is, within a bound of its own, and stops. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#queue;
    await this.#exporter?.close();
    this.#exporter = null;
  }

  async #obey(tracing: Config['tracing']): Promise<void> {
    if (this.#closed) return;
    if (tracing.otlp === null) {
      await this.#exporter?.close();
      this.#exporter = null;
      return;
    }
    const { tables, env, version, timers, log } = this.#options;
    const { traceSettings, SpanExporter, otlpPoster } = await load();
    const settings = traceSettings(tracing, env, { version, instance: this.#instance });
    if (settings === null) return;
    if (this.#exporter !== null) {
      this.#exporter.spans.follow(settings);
      return;
    }
    const poster = otlpPoster();
    const spans = new SpanExporter(settings, {
      table: tables().spans,
      version,
      counts: this.#counts,
      timers,
      random: Math.random,
      log,
      post: poster.post,
    });
    const close = async (): Promise<void> => {
      await spans.close();
      poster.close();
    };
    this.#exporter = { spans, close };
    spans.start();
  }

  #failed(error: unknown): void {
    this.#options.log.error({ error: error instanceof Error ? error.stack : String(error) }, 'no spans are sent');
  }
}

/** Of the modules that are loaded late. */
async function load() {
  const [{ traceSettings }, exporter, { otlpPoster }] = await Promise.all([
    import('./trace-settings.ts'),
    import('./span-exporter.ts'),
    import('./otlp-post.ts'),
  ]);
  return { traceSettings, otlpPoster, SpanExporter: exporter.SpanExporter };
}
