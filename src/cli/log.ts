/**
 * The product's own log: short lines for a person at a terminal, pino's JSON for everything else. pino is loaded only when
 * the first line is due, and lines wait for it in order, so that it does not hold up the start.
 */
import type { Log, LogFields } from '#core/ports.ts';
import { styleText } from 'node:util';

type Level = 'debug' | 'info' | 'warn' | 'error';
const LEVELS: readonly string[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** The least that is shown; whoever holds it may change it. */
export interface LogLevel {
  readonly current: string;
}

export function createLog(stream: NodeJS.WriteStream, level: LogLevel): Log {
  return stream.isTTY ? textLog(stream, level) : jsonLog(level);
}

/** Lines as people read them: the time, what happened, and the fields behind it. */
export function textLog(stream: { write(text: string): unknown }, level: LogLevel): Log {
  return logOf((at, fields, message) => {
    if (LEVELS.indexOf(at) < LEVELS.indexOf(level.current)) return;
    const time = new Date().toTimeString().slice(0, 8);
    // What the sentence says already is not said again.
    const rest = Object.entries(fields)
      .map(([name, value]) => [name, textOf(value)] as const)
      .filter(([, value]) => !message.includes(value))
      .map(([name, value]) => `${name}=${value}`);
    const mark = at === 'error' ? styleText('red', 'error ') : at === 'warn' ? styleText('yellow', 'warning ') : '';
    stream.write(
      `${styleText('dim', time)} ${mark}${message}${rest.length > 0 ? styleText('dim', `  ${rest.join(' ')}`) : ''}\n`,
    );
  });
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function jsonLog(level: LogLevel): Log {
  let waiting: [Level, LogFields, string][] | null = [];
  let write: ((at: Level, fields: LogFields, message: string) => void) | null = null;
  const load = async (): Promise<void> => {
    const [{ pino }, { standardLines }] = await Promise.all([import('pino'), import('#supervisor/standard-lines.ts')]);
    const options = {
      level: level.current,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label: string) => ({ level: label }) },
    };
    const logger = pino(options, standardLines());
    write = (at, fields, message) => {
      if (logger.level !== level.current) logger.level = level.current;
      logger[at](fields, message);
    };
    for (const [at, fields, message] of waiting ?? []) write(at, fields, message);
    waiting = null;
  };
  return logOf((at, fields, message) => {
    if (write !== null) return write(at, fields, message);
    if (waiting?.push([at, fields, message]) === 1) void load();
  });
}

function logOf(write: (at: Level, fields: LogFields, message: string) => void): Log {
  return {
    debug: (fields, message) => write('debug', fields, message),
    info: (fields, message) => write('info', fields, message),
    warn: (fields, message) => write('warn', fields, message),
    error: (fields, message) => write('error', fields, message),
  };
}
