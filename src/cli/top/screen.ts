/**
 * The terminal while `top` has it: alternate screen, no cursor, keys as they are pressed. However the program ends, by a key,
 * a signal or an error, the terminal is given back as it was.
 */
import type { ReadStream, WriteStream } from 'node:tty';
import type { Size } from './frame.ts';

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
/** Home; each line is cleared to its end, and what is below the last one. */
const HOME = '\u001b[H';
const TO_LINE_END = '\u001b[K';
const TO_SCREEN_END = '\u001b[J';

const SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'];

export interface ScreenEvents {
  readonly onInput: (text: string) => void;
  readonly onResize: () => void;
  /** The terminal is gone, or a signal wants an end. */
  readonly onEnd: (signal: NodeJS.Signals | null) => void;
}

export class Screen {
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  readonly #events: ScreenEvents;
  #open = false;
  readonly #onInput = (data: Buffer): void => this.#events.onInput(data.toString('utf8'));
  readonly #onResize = (): void => this.#events.onResize();
  readonly #onGone = (): void => this.#events.onEnd(null);
  readonly #onSignal = (signal: NodeJS.Signals): void => this.#events.onEnd(signal);
  /** The last resort: whatever ends the process passes here. */
  readonly #onExit = (): void => this.close();

  constructor(input: ReadStream, output: WriteStream, events: ScreenEvents) {
    this.#input = input;
    this.#output = output;
    this.#events = events;
  }

  get size(): Size {
    // Some terminals say 0 until they are laid out.
    return { columns: this.#output.columns || 80, rows: this.#output.rows || 24 };
  }

  open(): void {
    this.#open = true;
    process.on('exit', this.#onExit);
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
    this.#output.write(ENTER);
    this.#output.on('resize', this.#onResize);
    this.#output.on('error', this.#onGone);
    this.#input.setRawMode(true);
    this.#input.on('data', this.#onInput);
    this.#input.on('end', this.#onGone);
    this.#input.on('error', this.#onGone);
    this.#input.resume();
  }

  /** Written as one piece, so that no half of a frame is seen. */
  show(lines: readonly string[]): void {
    if (!this.#open) return;
    this.#output.write(`${HOME}${lines.map((line) => line + TO_LINE_END).join('\r\n')}${TO_SCREEN_END}`);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    process.off('exit', this.#onExit);
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
    this.#input.off('data', this.#onInput);
    this.#input.off('end', this.#onGone);
    this.#output.off('resize', this.#onResize);
    try {
      this.#input.setRawMode(false);
      this.#output.write(LEAVE);
    } catch {
      // The terminal is gone, and with it what there was to give back.
    }
    this.#input.pause();
  }
}
