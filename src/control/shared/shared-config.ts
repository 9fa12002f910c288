/**
 * One configuration for all replicas. A change is claimed in the store before it is obeyed here: whoever claims first is first
 * everywhere, and whoever comes second is told to look again. The others see the new version when they next look, and obey
 * the same text, in the same order.
 *
 * - A start finds a version that was said with knowledge of the operator's file as it is here: it takes it up. A file that no
 *   replica has yet seen is newer than what is there, and replaces it for all (decision 0014, over replicas).
 * - While the store is lost, changes are obeyed here alone. When it is back, a version that has come meanwhile wins, and what was
 *   changed here is set aside, a revision that a rollback brings back; where none has come, what was changed here is told.
 */
import type { ActorEntry } from '#contract/control.ts';
import type { Cancel, Log, Timers } from '#core/ports.ts';
import type { ChangeResult } from '../admin/ports.ts';
import type { ConfigStore, SharedEntry } from './config-store.ts';
import { inTime, NoAnswer } from './in-time.ts';

/** How often it is looked whether somebody has changed something. */
const LOOK_MS = 250;
/** How long a start waits for what the others say, and how often it looks meanwhile. */
const START_MS = 1_500;
const START_LOOK_MS = 50;
/** A store that does not answer for so long does not hold a change up any longer. */
const CLAIM_MS = 1_000;
/** A store that was emptied is left to those who have changed something meanwhile for so long: they find it within a second. */
const EMPTIED_MS = 2_000;
/** Files that replicas have been started with, the latest: enough for any roll-out that is still going on. */
const FILES_MAX = 20;

export type Claim = 'first' | 'second' | 'lost';

export interface Said {
  readonly text: string;
  readonly by: ActorEntry;
  readonly summary: string;
}

/** The configuration here. */
export interface ConfigHere {
  /** What is in force, and the hash of the operator's file as it was last accepted. */
  readonly current: () => Said & { readonly file: string };
  /** Obeys what another replica has said; `taken` is called once it is in force or refused, before anything else is done. */
  readonly take: (said: Said, taken: () => void) => Promise<ChangeResult>;
}

export interface SharedConfigOptions {
  readonly store: ConfigStore;
  readonly here: ConfigHere;
  readonly timers: Timers;
  readonly log: Log;
}

export class SharedConfig {
  readonly #options: SharedConfigOptions;
  /** In force here; 0: not known yet. */
  #version = 0;
  #files: readonly string[] = [];
  /** Changed here while the store was lost. */
  #untold = false;
  /** Since when the store is known to hold nothing, where it did; null: it holds something. */
  #emptiedAtMs: number | null = null;
  #cancel: Cancel | null = null;
  #stopped = false;

  constructor(options: SharedConfigOptions) {
    this.#options = options;
  }

  get version(): number {
    return this.#version;
  }

  /** Looks from now on; resolves once it has seen what there is, or when that takes too long. */
  async start(): Promise<void> {
    const { timers } = this.#options;
    const endMs = timers.nowMs() + START_MS;
    await this.#lookOnce();
    while (this.#version === 0 && timers.nowMs() < endMs && !this.#stopped) {
      // The connection is being made.
      await new Promise<void>((resolve) => void timers.after(START_LOOK_MS, resolve));
      await this.#lookOnce();
    }
    this.#goOn();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  /** A change is about to be obeyed here. Called one after another. */
  async claim(said: Said, file: string): Promise<Claim> {
    // Before the first look nothing is known of what others have said.
    if (this.#version === 0) {
      this.#untold = true;
      return 'lost';
    }
    try {
      return (await inTime(this.#put(said, file), this.#options.timers, CLAIM_MS)) ? 'first' : 'second';
    } catch {
      this.#untold = true;
      return 'lost';
    }
  }

  async #put({ text, by, summary }: Said, file: string): Promise<boolean> {
    const files = [...this.#files.filter((one) => one !== file), file].slice(-FILES_MAX);
    const known = this.#version;
    const entry: SharedEntry = { version: known + 1, text, by, summary, files };
    if (!(await this.#options.store.claim(this.#emptiedAtMs === null ? known : 0, entry))) return false;
    this.#emptiedAtMs = null;
    this.#version = entry.version;
    this.#files = files;
    this.#untold = false;
    return true;
  }

  #goOn(): void {
    if (this.#stopped) return;
    this.#cancel = this.#options.timers.after(LOOK_MS, () => void this.#lookOnce().then(() => this.#goOn()));
  }

  async #lookOnce(): Promise<void> {
    try {
      const found = await inTime(this.#options.store.read(this.#version), this.#options.timers, CLAIM_MS);
      if (!this.#stopped) await (found === null ? this.#unchanged() : this.#compare(found));
    } catch (error) {
      // It is looked again; that it is lost is told by the limits, which ask more often. A connection that neither answers nor
      // ends (a partition, a machine that is gone) would stay so for minutes.
      if (error instanceof NoAnswer) this.#options.store.renew();
    }
  }

  async #unchanged(): Promise<void> {
    // Nobody has said anything since, also not that there is nothing.
    if (this.#untold || this.#version === 0) await this.#tell();
  }

  async #compare(found: SharedEntry): Promise<void> {
    const { here } = this.#options;
    if (found.version === 0) {
      // Nobody has ever said anything, or it was emptied: whoever has changed something meanwhile tells it anew, before the others.
      const nowMs = this.#options.timers.nowMs();
      this.#emptiedAtMs ??= nowMs;
      if (this.#version === 0 || this.#untold || nowMs - this.#emptiedAtMs >= EMPTIED_MS) await this.#tell();
      return;
    }
    this.#emptiedAtMs = null;
    const { text, file } = here.current();
    const isNewFile = this.#version === 0 && !found.files.includes(file) && text !== found.text;
    if (isNewFile) {
      this.#version = found.version;
      this.#files = found.files;
      if (await this.#tell()) return;
      this.#version = 0;
      return;
    }
    await this.#adopt(found);
  }

  /** Says what is in force here. */
  async #tell(): Promise<boolean> {
    const { file, ...said } = this.#options.here.current();
    return await this.#put(said, file);
  }

  async #adopt(found: SharedEntry): Promise<void> {
    const { here, log } = this.#options;
    const { version, text, by, summary } = found;
    if (this.#untold && text !== here.current().text)
      log.warn({ version }, 'the configuration was changed here while what replicas share was lost, and elsewhere as well: what was said elsewhere is in force, and a rollback brings the other back'); // prettier-ignore
    const result = await here.take({ text, by, summary }, () => {
      this.#version = version;
      this.#files = found.files;
      this.#untold = false;
    });
    if (result.kind === 'done') return;
    const why = result.kind === 'refused' || result.kind === 'failed' ? result.why : result.kind === 'invalid' ? result.problems.map(({ path, message }) => `${path}: ${message}`).join('; ') : 'it changed meanwhile'; // prettier-ignore
    log.error({ version, by: by.name, why }, `the configuration that replicas share (version ${version}, by ${by.name}) cannot be obeyed here: ${why}`); // prettier-ignore
  }
}
