/**
 * Answers that say how things are cost up to a few milliseconds each, on a core that workers share, and are the same for
 * everybody who may see them. Whoever asks a few times a second gets a fresh one each time. One that is asked for more often
 * than that is made five times a second at most, and given again meanwhile: it is then as old as 200 ms, and never of an
 * earlier revision of the configuration.
 */
import type { Answer } from './answer.ts';

/** Asked for more often than this within a second, an answer is given again. Dashboards and scrapers ask once to thrice. */
const OFTEN = 20;
const WINDOW_MS = 1000;
const FRESH_MS = 200;

interface Kept {
  answer: Answer;
  revision: number;
  madeMs: number;
  windowMs: number;
  asked: number;
}

export class RepeatedAnswers {
  /** By what is asked for: one entry for each call and form that there is. */
  readonly #kept = new Map<string, Kept>();

  /** `what` names the answer: never with anything in it that a client says. */
  take(what: string, revision: number, nowMs: number, make: () => Answer): Answer {
    const kept = this.#kept.get(what);
    if (kept === undefined) {
      const answer = make();
      this.#kept.set(what, { answer, revision, madeMs: nowMs, windowMs: nowMs, asked: 1 });
      return answer;
    }
    if (nowMs - kept.windowMs >= WINDOW_MS) {
      kept.windowMs = nowMs;
      kept.asked = 0;
    }
    kept.asked += 1;
    if (kept.asked > OFTEN && kept.revision === revision && nowMs - kept.madeMs < FRESH_MS) return kept.answer;
    kept.answer = make();
    kept.revision = revision;
    kept.madeMs = nowMs;
    return kept.answer;
  }
}
