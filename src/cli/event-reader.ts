/** Server-sent events read as they come (WHATWG HTML, 9.2.6). */

/** Far above any event of the admin API. */
const LINE_LENGTH_MAX = 1024 * 1024;

export interface ServerEvent {
  readonly type: string;
  readonly id: string;
  readonly data: string;
}

export class EventReader {
  /** What a lost connection is taken up with again; '': nothing was seen. */
  lastId: string;
  /** Milliseconds to wait before that, as the server asks; null: it has not. */
  retryMs: number | null = null;
  readonly #decoder = new TextDecoder();
  #rest = '';
  #type = '';
  #data: string[] = [];

  constructor(lastId = '') {
    this.lastId = lastId;
  }

  /** Events that these bytes complete. Throws when a line has no end. */
  push(bytes: Uint8Array): ServerEvent[] {
    const text = this.#rest + this.#decoder.decode(bytes, { stream: true });
    // A carriage return at the end may be half of a line's end.
    const whole = text.endsWith('\r') ? text.slice(0, -1) : text;
    const lines = whole.split(/\r\n|\n|\r/);
    this.#rest = (lines.pop() ?? '') + text.slice(whole.length);
    if (this.#rest.length > LINE_LENGTH_MAX) throw new Error('what was sent is no stream of events: a line has no end');
    return lines.flatMap((line) => this.#take(line) ?? []);
  }

  #take(line: string): ServerEvent | null {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#type = value;
    else if (field === 'data') this.#data.push(value);
    else if (field === 'id' && !value.includes('\0')) this.lastId = value;
    else if (field === 'retry' && /^\d{1,9}$/.test(value)) this.retryMs = Number(value);
    return null;
  }

  #dispatch(): ServerEvent | null {
    const event = { type: this.#type === '' ? 'message' : this.#type, id: this.lastId, data: this.#data.join('\n') };
    const isThere = this.#data.length > 0;
    this.#type = '';
    this.#data = [];
    return isThere ? event : null;
  }
}
