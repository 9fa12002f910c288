/** What a load's clients saw. */
import assert from 'node:assert/strict';
import { quantile } from '../../../bench/support/statistics.ts';

/**
 * - `whole`: an answer to its last byte, whatever its status.
 * - `wrong`: one that says something else than the backend should have said, or heard.
 * - `cut`: it broke off after its head had come; `lost`: before.
 */
export type Ending = 'whole' | 'wrong' | 'cut' | 'lost';

export interface Answer {
  readonly id: string;
  readonly method: string;
  /** 0: none came. */
  readonly status: number;
  /** `x-edgebalancer-reason`, '' when the answer is a backend's. */
  readonly reason: string;
  readonly retryAfter: string;
  /** Who answered, '' when it was the balancer. */
  readonly backend: string;
  readonly ending: Ending;
  readonly error: string;
  /** From when it was due to its last byte. */
  readonly ms: number;
}

export class LoadResult {
  readonly sent: number;
  readonly answers: readonly Answer[];

  constructor(sent: number, answers: readonly Answer[]) {
    this.sent = sent;
    this.answers = answers;
  }

  /** Whatever is not a whole 200 of a backend. */
  get errors(): readonly Answer[] {
    return this.answers.filter(({ status, ending, backend }) => status !== 200 || ending !== 'whole' || backend === '');
  }

  /** How often each kind of error came, for people. */
  get complaint(): string {
    const kinds = new Map<string, number>();
    for (const { method, status, reason, ending, error, backend } of this.errors) {
      const kind = [method, status, reason, ending, error, backend].filter((part) => part !== '').join(' ');
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }
    return [...kinds].map(([kind, count]) => `${count} × ${kind}`).join('; ');
  }

  /** Answers of each backend. */
  get byBackend(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { backend } of this.answers) if (backend !== '') counts.set(backend, (counts.get(backend) ?? 0) + 1);
    return counts;
  }

  get maxMs(): number {
    return Math.max(...this.answers.map(({ ms }) => ms));
  }

  quantileMs(q: number): number {
    return quantile(
      this.answers.map(({ ms }) => ms).sort((a, b) => a - b),
      q,
    );
  }

  /** Every request was answered by a backend, with a 200, to its last byte. */
  assertNoError(): void {
    assert.equal(this.answers.length, this.sent, 'every request has its end');
    assert.equal(this.complaint, '', `of ${this.sent} requests`);
  }
}
