import { join } from 'node:path';
import { startChild, type Child } from '../children.ts';
import { converse } from '../conversation.ts';
import { makeDirectory } from '../places.ts';
import { freePorts } from '../ports.ts';
import { awaitAnswer } from '../probe.ts';
import type { Order, RunResult } from './generator.ts';
import { BACKENDS, epochMs, type Run } from './scenarios.ts';

/** Between telling the backends and the first arrival. */
const LEAD_MS = 150;
/** An arrival or an answer later than this was disturbed by something else on the machine. */
const LATE_MS = 5;
/** More than this share of them late: the run says too little. */
const LATE_SHARE_MAX = 0.02;

/** One run with what is known of its quality. */
export interface Measured extends RunResult {
  /** Share of requests sent, or of answers given by backends, more than 5 ms late: the larger of the two. */
  readonly lateShare: number;
  readonly meanLatenessMs: number;
  readonly polluted: boolean;
}

/** The eight backends and the load generator, each a process of its own. */
export class TestBed {
  readonly backends: readonly string[];
  readonly #backends: Child;
  readonly #generator: Child;

  private constructor(ports: readonly number[], backends: Child, generator: Child) {
    this.backends = ports.map((port) => `127.0.0.1:${port}`);
    this.#backends = backends;
    this.#generator = generator;
  }

  static async start(): Promise<TestBed> {
    const ports = await freePorts(BACKENDS);
    const script = (name: string) => join(import.meta.dirname, name);
    const backends = startChild(
      { file: process.execPath, args: [script('backends.ts'), ...ports.map(String)] },
      makeDirectory('backends'),
      null,
      true,
    );
    const generator = startChild(
      { file: process.execPath, args: [script('generator.ts')] },
      makeDirectory('generator'),
      null,
      true,
    );
    for (const port of ports) {
      await awaitAnswer({ host: '127.0.0.1', port, path: '/healthz', child: backends, what: 'the backends' });
    }
    return new TestBed(ports, backends, generator);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#backends.kill(), this.#generator.kill()]);
  }

  /** Runs one scenario against a port. */
  async measure(run: Omit<Run, 'startAtMs'>, port: number, perSecond?: number): Promise<Measured> {
    const timed: Run = { ...run, startAtMs: epochMs() + LEAD_MS };
    await converse(this.#backends, { run: timed });
    const order: Order = { run: timed, port, ...(perSecond === undefined ? {} : { perSecond }) };
    const result = (await converse(this.#generator, order)) as RunResult;
    const answered = (await converse(this.#backends, { report: true })) as { latenessMs: number[] };
    const lateShare = Math.max(shareLate(result.latenessMs), shareLate(answered.latenessMs));
    const meanLatenessMs = result.latenessMs.reduce((sum, each) => sum + each, 0) / result.latenessMs.length;
    return { ...result, lateShare, meanLatenessMs, polluted: lateShare > LATE_SHARE_MAX };
  }
}

function shareLate(latenessMs: readonly number[]): number {
  return latenessMs.length === 0 ? 0 : latenessMs.filter((each) => each > LATE_MS).length / latenessMs.length;
}
