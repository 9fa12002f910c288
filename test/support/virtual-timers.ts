/** Time that stands still until a test moves it. */
import type { Cancel, Log, LogFields, Timers } from '#core/ports.ts';

interface Waiting {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export class VirtualTimers implements Timers {
  #now = 0;
  #order = 0;
  readonly #waiting = new Set<Waiting>();

  nowMs(): number {
    return this.#now;
  }

  wallMs(): number {
    return Date.UTC(2026, 0, 1) + this.#now;
  }

  after(delayMs: number, run: () => void): Cancel {
    const waiting = { at: this.#now + delayMs, order: this.#order++, run };
    this.#waiting.add(waiting);
    return () => void this.#waiting.delete(waiting);
  }

  /** Timers that have yet to fire. */
  get pending(): number {
    return this.#waiting.size;
  }

  /** Moves time on, firing what falls due in order; promises settle between one timer and the next. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    for (;;) {
      await settled();
      const [next] = [...this.#waiting].sort((a, b) => a.at - b.at || a.order - b.order);
      if (next === undefined || next.at > until) break;
      this.#waiting.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
    }
    this.#now = until;
    await settled();
  }
}

/** Lets everything that waits for promises alone go on. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** Keeps what is logged: `level message`. */
export class LogRecord implements Log {
  readonly lines: string[] = [];
  readonly fields: LogFields[] = [];

  debug(fields: LogFields, message: string): void {
    this.#add('debug', fields, message);
  }
  info(fields: LogFields, message: string): void {
    this.#add('info', fields, message);
  }
  warn(fields: LogFields, message: string): void {
    this.#add('warn', fields, message);
  }
  error(fields: LogFields, message: string): void {
    this.#add('error', fields, message);
  }

  #add(level: string, fields: LogFields, message: string): void {
    this.fields.push(fields);
    this.lines.push(`${level} ${message}`);
  }
}
