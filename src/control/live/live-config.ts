/**
 * The configuration in force, and every way in which it changes: the admin API, a rollback, the operator's file. All
 * changes go through here one after another, and each becomes a numbered revision that is kept before it is obeyed.
 *
 * Whoever spoke last wins. A change made live stands on the file as it was; the next start takes it up again as long as the
 * file is still that. A file that has changed since says something newer, and wins; what was made live before is set aside,
 * which is told, and one rollback away. The two are never merged.
 *
 * Source: docs/decisions/0014-whoever-spoke-last-wins.md.
 */
import type { ChangeAnswer, DriftEntry, RevisionEntry } from '#contract/control.ts';
import type { ChangeRequest, ChangeResult, ConfigPort } from '../admin/ports.ts';
import type { AdminSettings } from '../auth/settings.ts';
import { diffPlans, diffSettings } from '../config/diff.ts';
import { ConfigDocument } from '../config/document.ts';
import { mayRefer } from '../config/environment.ts';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { same } from '../config/tree.ts';
import { WrittenReferences } from '../config/written-references.ts';
import { breathe } from './breath.ts';
import { driftOf } from './drift.ts';
import type { InForce, LiveOptions, Obedience } from './in-force.ts';
import { decide, tellSetAside } from './opening.ts';
import { problemsIn, warningsIn } from './field-problems.ts';
import { OperatorFile } from './operator-file.ts';
import { needsRestart } from './restart-only.ts';
import type { Said, SharedConfig } from '../shared/shared-config.ts';
import { nextRevision, saidOf, type Proposal } from './proposal.ts';
import { hashOf } from './revision.ts';
import { StateDirectory } from './state-directory.ts';
import { thrownBy } from './thrown-by.ts';

/** More than people make by hand, or a script should without waiting for answers. */
const WAITING_MAX = 256;
const SECOND = 'Another replica has changed the configuration at this moment; look at it, and send the change again.';

export class LiveConfig implements ConfigPort {
  readonly file: OperatorFile;
  /** Claims changes for all replicas; null: there are no others. */
  sharing: Pick<SharedConfig, 'claim'> | null = null;
  readonly #options: LiveOptions;
  readonly #state: StateDirectory;
  #now: InForce;
  /** What was taken at the start is not yet kept. */
  #unkept: boolean;
  #obedience: Obedience | null = null;
  #queue: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #settings: AdminSettings = { tokens: [], publicRead: false, publicMetrics: false };
  #drift: { readonly key: string; readonly entry: DriftEntry } | null = null;

  private constructor(options: LiveOptions, state: StateDirectory, file: OperatorFile, now: InForce, unkept: boolean) {
    this.#options = options;
    this.#state = state;
    this.file = file;
    this.#now = now;
    this.#unkept = unkept;
  }

  /** Decides what is in force. Nothing is written yet. */
  static async open(options: LiveOptions): Promise<LiveConfig> {
    const { file: path, text, config, log, timers, stateDir } = options;
    const state = await StateDirectory.open(stateDir, log, timers);
    const { now, unkept } = decide(options, state.store);
    return new LiveConfig(options, state, new OperatorFile(path, text, config), now, unkept);
  }

  /** From now on changes are obeyed. Resolves when what the start has taken is kept. */
  async serve(obedience: Obedience): Promise<void> {
    this.#obedience = obedience;
    if (!this.#unkept) return;
    this.#unkept = false;
    await this.#keep(this.#now).catch((error: unknown) =>
      this.#options.log.warn({ error: String(error) }, 'the configuration of this start could not be kept'),
    );
  }

  async close(): Promise<void> {
    await this.#queue;
    await this.#state.close();
  }

  get config(): Config {
    return this.#now.config;
  }

  get revision(): number {
    return this.#now.revision.revision;
  }

  get etag(): string {
    const { revision, hash } = this.#now.revision;
    return `"${revision}-${hash.slice(7, 19)}"`;
  }

  /** Who may use the admin API, by what is in force. The same object as long as nothing of it has changed. */
  settings(): AdminSettings {
    const { tokens, publicRead, publicMetrics } = this.#now.config.admin;
    const settings = { tokens, publicRead, publicMetrics };
    if (!same(settings, this.#settings)) this.#settings = settings;
    return this.#settings;
  }

  document(): ConfigDocument {
    return ConfigDocument.parse(this.#now.text, this.#options.environment);
  }

  revisions(): readonly RevisionEntry[] {
    return this.#state.store.revisions.toReversed().map(({ revision, at, by, source, summary, diff }) => ({
      revision,
      at,
      by,
      source,
      summary,
      diff,
      inForce: revision === this.revision,
    }));
  }

  revisionText(revision: number): string | null {
    return revision === this.revision ? this.#now.text : this.#state.store.text(revision);
  }

  drift(): DriftEntry {
    const { accepted, refusedWhy } = this.file;
    const key = [this.revision, accepted.hash, refusedWhy].join(' ');
    if (this.#drift?.key !== key) {
      const { revision } = this.#now;
      const differs = revision.hash !== accepted.hash;
      const entry = driftOf({
        file: this.file.path,
        refusedWhy,
        revision,
        differs,
        setAside: this.#state.store.text(revision.setAside ?? 0) === null ? null : revision.setAside,
        diff: differs ? this.#diffToFile(false) : [],
      });
      this.#drift = { key, entry };
    }
    return this.#drift.entry;
  }

  change(request: ChangeRequest): Promise<ChangeResult> {
    return this.#enqueue(async () => {
      const stale = this.#stale(request.ifMatch);
      if (stale !== null) return stale;
      const document = this.document();
      const refused = thrownBy(() => request.edit(document));
      if (refused !== null) return refused;
      await breathe();
      const { actor, summary, dryRun } = request;
      const by = { name: actor.name, from: actor.from };
      return this.#propose({ by, source: 'api', summary, dryRun, text: document.text, file: null });
    });
  }

  rollback(request: Parameters<ConfigPort['rollback']>[0]): Promise<ChangeResult> {
    return this.#enqueue(async () => {
      const stale = this.#stale(request.ifMatch);
      if (stale !== null) return stale;
      const numbers = this.#state.store.revisions.map(({ revision }) => revision);
      const wanted = request.revision ?? numbers.findLast((number) => number < this.revision) ?? null;
      const text = wanted === null ? null : this.revisionText(wanted);
      if (wanted === null)
        return { kind: 'refused', status: 409, why: 'There is no revision before the one in force.' };
      if (text === null) {
        const kept = numbers.length === 0 ? 'none is kept' : `kept are ${numbers[0]} to ${numbers.at(-1)}`;
        return { kind: 'refused', status: 404, why: `there is no revision ${wanted}; ${kept}` };
      }
      const { actor, dryRun, check } = request;
      const document = ConfigDocument.parse(text, this.#options.environment);
      const refused = thrownBy(() => check?.(document, wanted));
      if (refused !== null) return refused;
      const by = { name: actor.name, from: actor.from };
      return this.#propose({ by, source: 'rollback', summary: `back to revision ${wanted}`, dryRun, text, file: null });
    });
  }

  save({ ifMatch, dryRun }: Parameters<ConfigPort['save']>[0]): Promise<ChangeResult> {
    return this.#enqueue(async () => {
      const stale = this.#stale(ifMatch);
      if (stale !== null) return stale;
      const { text, config, revision } = this.#now;
      const differs = revision.hash !== this.file.accepted.hash;
      if (!differs && !(await this.file.isGone())) return this.#done({ dryRun, changed: false });
      const diff = differs ? this.#diffToFile(true) : [`${this.file.path}: is gone, and is written again`];
      if (dryRun) return this.#done({ dryRun, changed: true, diff });
      try {
        const why = await this.file.write(text);
        if (why !== null) return { kind: 'refused', status: 409, why };
      } catch (error) {
        return { kind: 'failed', why: `${this.file.path ?? ''} cannot be written: ${String(error)}` };
      }
      this.file.accept(text, config);
      return this.#done({ changed: true, diff });
    });
  }

  /** The operator's file, read anew and found valid. Resolves with what came of it. */
  takeFile(text: string, config: Config, name: string): Promise<ChangeResult> {
    return this.#enqueue(async () => {
      const hash = hashOf(text);
      const unchanged = hash === this.file.accepted.hash;
      if (unchanged || hash === this.#now.revision.hash) {
        if (unchanged && this.#now.revision.hash !== hash)
          this.#options.log.info(
            {},
            `the file has not changed since; revision ${this.revision}, made live, stays in force`,
          );
        this.file.accept(text, config);
        return this.#again();
      }
      const by = { name, from: this.file.path ?? '' };
      const result = await this.#propose({
        by,
        source: 'file',
        summary: 'the file was changed',
        dryRun: false,
        text,
        file: config,
      });
      if (result.kind === 'refused' || result.kind === 'failed') this.file.refusedWhy = result.why;
      return result;
    });
  }

  /** What is in force, as the other replicas are told of it. */
  said(): Said & { readonly file: string } {
    return { ...saidOf(this.#now), file: this.file.accepted.hash };
  }

  /** Another replica has said it. `taken` is called before any other change is looked at. */
  takeShared({ text, by, summary }: Said, taken: () => void): Promise<ChangeResult> {
    return this.#enqueue(async () => {
      try {
        return await this.#propose({ by, source: 'shared', summary, dryRun: false, text, file: null });
      } finally {
        taken();
      }
    });
  }

  /** What the file says now is not valid. */
  fileRefused(why: string): void {
    this.file.refusedWhy = why;
  }

  get isServing(): boolean {
    return this.#obedience !== null;
  }

  /** Workers obey the same once more, with what else has changed: backends that were found. */
  again(): Promise<ChangeResult> {
    return this.#enqueue(() => this.#again());
  }

  async #again(): Promise<ChangeResult> {
    const candidate = this.#obeyed.compile(this.#now.config, this.revision);
    if (typeof candidate === 'string') return { kind: 'refused', status: 409, why: candidate };
    return this.#done({ changed: false, obeyed: await candidate.publish() });
  }

  async #propose(proposal: Proposal): Promise<ChangeResult> {
    const { text, dryRun, source } = proposal;
    const before = this.#now;
    if (text === before.text) return this.#done({ dryRun, changed: false });
    const label = this.file.path ?? 'configuration';
    const loaded = proposal.file === null ? loadConfig(text, label, this.#options.environment) : null;
    const config = proposal.file ?? loaded?.config ?? null;
    if (config === null) return { kind: 'invalid', problems: problemsIn(loaded?.problems ?? []) };
    const warnings = warningsIn(loaded?.problems ?? []);
    await breathe();
    const number = before.revision.revision + 1;
    const candidate = this.#obeyed.compile(config, number);
    const why =
      typeof candidate === 'string' ? candidate : (candidate.refusal() ?? needsRestart(before.config, config));
    if (why !== null || typeof candidate === 'string') return { kind: 'refused', status: 409, why: why ?? '' };
    const written = this.#written(text);
    const diff = [
      ...diffPlans(this.#obeyed.plan(), candidate.plan, written),
      ...diffSettings(before.config, config, written),
    ];
    if (dryRun) return this.#done({ dryRun, changed: true, diff, warnings });
    const next: InForce = {
      revision: nextRevision(proposal, {
        number,
        diff,
        before: before.revision,
        fileHash: this.file.accepted.hash,
        timers: this.#options.timers,
      }),
      text,
      config,
    };
    const fileHash = source === 'file' ? next.revision.hash : this.file.accepted.hash;
    const claim = source === 'shared' ? null : await this.sharing?.claim(saidOf(next), fileHash);
    if (claim === 'second') return { kind: 'refused', status: 409, why: SECOND };
    const unkept = await this.#keepOr(next, source === 'file');
    if (unkept !== null) return { kind: 'failed', why: unkept };
    const accepted = this.file.accepted;
    this.#now = next;
    if (proposal.file !== null) this.file.accept(text, config);
    let obeyed: boolean;
    try {
      obeyed = await candidate.publish();
    } catch (error) {
      this.#now = before;
      this.file.accepted = accepted;
      await this.#state.store.withdraw(number);
      throw error;
    }
    this.#options.onChange?.(config, next.revision);
    if (next.revision.setAside !== null && next.revision.setAside !== before.revision.setAside)
      tellSetAside(this.#options.log, this.file.path, next.revision.setAside);
    return this.#done({ changed: true, diff, warnings, obeyed, ...(claim === 'first' && { kept: true }) });
  }

  /** Null when it is kept, or need not be: what comes from the file is in the file. */
  async #keepOr(next: InForce, anyway: boolean): Promise<string | null> {
    try {
      await this.#keep(next);
      return null;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (!anyway) return why;
      this.#options.log.warn({ revision: next.revision.revision, why }, 'this revision could not be kept');
      return null;
    }
  }

  async #keep(next: InForce): Promise<void> {
    const unwritable = await this.#state.writable(this.#now.revision, this.#now.text);
    // In memory then; what comes from the file is in the file.
    if (unwritable !== null && next.revision.source !== 'file') throw new Error(unwritable);
    await this.#state.keep(next.revision, next.text);
  }

  /** References of what is in force and of another text: no difference says what they stand for. */
  #written(other: string): WrittenReferences {
    const texts = [this.#now.text, other].filter(mayRefer);
    return new WrittenReferences(
      texts.map((text) => ConfigDocument.parse(text).data()),
      this.#options.environment,
    );
  }

  /** From what is in force to what the file says; `back`: the other way. */
  #diffToFile(back: boolean): string[] {
    const { config, text } = this.file.accepted;
    const written = this.#written(text);
    const [was, is] = back ? [config, this.#now.config] : [this.#now.config, config];
    const settings = diffSettings(was, is, written);
    const candidate = this.#obedience?.compile(config, this.revision);
    if (candidate === undefined || typeof candidate === 'string') return settings;
    const plans = [this.#obeyed.plan(), candidate.plan] as const;
    const [before, after] = back ? [plans[1], plans[0]] : plans;
    return [...diffPlans(before, after, written), ...settings];
  }

  #stale(ifMatch: string | null): ChangeResult | null {
    if (ifMatch === null || ifMatch.trim() === '*') return null;
    if (ifMatch.split(',').some((tag) => tag.trim() === this.etag)) return null;
    return { kind: 'stale', etag: this.etag, revision: this.revision };
  }

  #done(what: Partial<ChangeAnswer> & { readonly changed: boolean }): ChangeResult {
    return {
      kind: 'done',
      revision: this.revision,
      etag: this.etag,
      dryRun: false,
      diff: [],
      warnings: [],
      obeyed: what.dryRun !== true,
      kept: this.#state.store.kept && this.#state.unwritable === null,
      ...what,
    };
  }

  get #obeyed(): Obedience {
    if (this.#obedience === null) throw new Error('nothing obeys the configuration yet');
    return this.#obedience;
  }

  #enqueue(work: () => Promise<ChangeResult>): Promise<ChangeResult> {
    if (this.#waiting >= WAITING_MAX)
      return Promise.resolve({ kind: 'failed', why: `${WAITING_MAX} changes wait already; wait for their answers.` });
    this.#waiting += 1;
    const done = this.#queue.then(work).finally(() => (this.#waiting -= 1));
    this.#queue = done.catch(() => {});
    return done;
  }
}
