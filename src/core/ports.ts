/**
 * What policy and control code is given instead of reaching for it: time, timers, chance and a log. Tests hand in twins
 * that are driven by hand.
 */

/** Cancels a timer; harmless when it has fired already. */
export type Cancel = () => void;

export interface Timers {
  /** Monotonic milliseconds. */
  nowMs(): number;
  /** Milliseconds since 1970, for what people read. */
  wallMs(): number;
  /** Calls `run` once, `delayMs` from now at the earliest. */
  after(delayMs: number, run: () => void): Cancel;
}

/** Uniform in [0, 1). */
export type Random = () => number;

export type LogFields = Readonly<Record<string, unknown>>;

/** Structured lines for operators; pino's argument order. Never on a request's path. */
export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}
