/**
 * A balancer that is changed over HTTP and killed at any moment, again and again, on one state directory; and what must hold
 * at each start after it: what is in force is what was acknowledged last, or the change that was on its way, whole; every
 * acknowledged change that is still kept says what it said, and stands in the audit.
 */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditAnswer, ChangeAnswer, ConfigAnswer, RevisionsAnswer } from '#contract/control.ts';
import { createPrng } from '#core/math/prng.ts';
import { callAdmin, type AdminReply } from '../../support/admin-client.ts';
import { until } from '../../support/until.ts';

const BIN = join(import.meta.dirname, '../../../bin/edgebalancer.js');
const TOKEN = 'a-token-of-at-least-24-characters';
/** Of a change under way when it is killed; writing and syncing take a few milliseconds of it. */
const KILL_WITHIN_MS = 40;
/** Now and then it is killed while it starts. */
const KILL_STARTING_SHARE = 0.1;
const START_MS = 400;
const CHANGES_BEFORE_MAX = 4;
const LISTENING = /"listener":"public","address":"127\.0\.0\.1:(\d+)"/;

export interface CrashReport {
  readonly kills: number;
  /** Killed before it listened. */
  readonly starting: number;
  readonly acknowledged: number;
  /** In force after the start though nobody had been told. */
  readonly inFlightKept: number;
  /** On its way, and gone. */
  readonly inFlightLost: number;
  /** Temporary files that a kill has left. */
  readonly leftovers: number;
}

export class CrashRun {
  readonly #directory = mkdtempSync(join(tmpdir(), 'eb-crash-'));
  readonly #random: () => number;
  #child: ChildProcess | null = null;
  #port = 0;
  /** What revisions said, as far as somebody was told. */
  readonly #acknowledged = new Map<number, number>();
  /** In force for certain. */
  #weight = 1;
  #revision = 1;
  #inFlight: number | null = null;
  #next = 1;
  readonly #report = { kills: 0, starting: 0, acknowledged: 0, inFlightKept: 0, inFlightLost: 0, leftovers: 0 };

  constructor(seed: number) {
    this.#random = createPrng(seed);
    const config = `# crash
workers: 1
listeners: [{ address: "127.0.0.1:0" }]
admin: { address: null }
state: { dir: "${join(this.#directory, 'state')}" }
log: { access: null }
pools:
  app:
    health: null
    backends:
      - { id: a, url: "http://127.0.0.1:9", weight: 1 } # the one
`;
    writeFileSync(this.#file, config);
  }

  /** Kills so many times, and looks after each. Rejects with what does not hold. */
  async run(kills: number): Promise<CrashReport> {
    for (let kill = 0; kill < kills; kill++) {
      if (this.#random() < KILL_STARTING_SHARE) await this.#killStarting();
      await this.#start();
      await this.#check();
      const changes = Math.floor(this.#random() * (CHANGES_BEFORE_MAX + 1));
      for (let change = 0; change < changes; change++) await this.#change();
      await this.#killChanging();
    }
    await this.#start();
    await this.#check();
    return this.#report;
  }

  close(): void {
    this.#child?.kill('SIGKILL');
    rmSync(this.#directory, { recursive: true, force: true });
  }

  get #file(): string {
    return join(this.#directory, 'edgebalancer.yaml');
  }

  #spawn(): { child: ChildProcess; output: { text: string }; ended: () => boolean } {
    const env = { ...process.env, EDGEBALANCER_ADMIN_TOKEN: TOKEN, TMPDIR: this.#directory };
    const child = spawn(process.execPath, [BIN, 'run', this.#file], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    const output = { text: '' };
    let over = false;
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (part: Buffer) => (output.text += part.toString()));
    child.on('close', () => (over = true));
    return { child, output, ended: () => over };
  }

  async #start(): Promise<void> {
    const { output, ended } = this.#spawn();
    const match = await until(
      'it to listen',
      () => {
        if (ended()) throw new Error(`it ended: ${output.text}`);
        return LISTENING.exec(output.text);
      },
      60_000,
    );
    this.#port = Number(match[1]);
    assert.doesNotMatch(output.text, /cannot be read; it is put aside|could not be kept|in use by/, output.text);
  }

  async #killStarting(): Promise<void> {
    const { child, ended } = this.#spawn();
    await pause(this.#random() * START_MS);
    child.kill('SIGKILL');
    await until('it to be gone', ended);
    this.#report.starting += 1;
  }

  async #killChanging(): Promise<void> {
    const child = this.#child as ChildProcess;
    const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
    const killed = pause(this.#random() * KILL_WITHIN_MS).then(() => child.kill('SIGKILL'));
    // It goes on with changes until the kill comes.
    for (;;) {
      try {
        await this.#change();
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        break;
      }
    }
    await killed;
    await gone;
    this.#report.kills += 1;
    const left = readdirSync(join(this.#directory, 'state/config')).filter((name) => !/^\d+\.json$/.test(name));
    this.#report.leftovers += left.length;
  }

  async #change(): Promise<void> {
    const weight = this.#next++ / 100;
    this.#inFlight = weight;
    const reply = await this.#ask('PATCH', '/admin/backends/app/a', { weight });
    const { revision } = reply.data as ChangeAnswer;
    assert.equal(revision, this.#revision + 1);
    this.#acknowledged.set(revision, weight);
    this.#report.acknowledged += 1;
    this.#weight = weight;
    this.#revision = revision;
    this.#inFlight = null;
  }

  async #check(): Promise<void> {
    const { config, revision } = (await this.#ask('GET', '/admin/config')).data as ConfigAnswer;
    const { weight } = (config as { pools: { app: { backends: { weight: number }[] } } }).pools.app.backends[0]!;
    if (this.#inFlight !== null && weight === this.#inFlight) {
      this.#report.inFlightKept += 1;
      this.#revision += 1;
      this.#weight = weight;
    } else if (this.#inFlight !== null) this.#report.inFlightLost += 1;
    this.#inFlight = null;
    assert.deepEqual(
      [revision, weight],
      [this.#revision, this.#weight],
      'what is in force was acknowledged, or on its way',
    );
    const { revisions } = (await this.#ask('GET', '/admin/config/revisions')).data as RevisionsAnswer;
    assert.equal(revisions[0]?.revision, revision);
    assert.equal(revisions[0].inForce, true);
    const kept = new Map(revisions.map((one) => [one.revision, one.diff.join()]));
    const oldest = revisions.at(-1)?.revision ?? 0;
    for (const [number, said] of this.#acknowledged)
      if (number > oldest)
        assert.match(kept.get(number) ?? 'gone', new RegExp(`weight: .* -> ${said}$`), `revision ${number}`);
    const { entries } = (await this.#ask('GET', '/admin/audit?limit=1000')).data as AuditAnswer;
    const audited = new Set(entries.filter(({ ok }) => ok).map((entry) => entry.revision));
    const recent = [...this.#acknowledged.keys()].filter((number) => number > this.#revision - 200);
    for (const number of recent) assert.ok(audited.has(number), `revision ${number} stands in the audit`);
  }

  async #ask(method: string, path: string, body?: unknown): Promise<AdminReply> {
    const reply = await callAdmin(this.#port, method, path, { token: TOKEN, ...(body !== undefined && { body }) });
    assert.equal(reply.status, 200, `${method} ${path}: ${reply.status} ${reply.text}`);
    return reply;
  }
}

/** The moment of a kill is what is drawn; nothing waits for it to have passed. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
