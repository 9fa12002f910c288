/** What a reader tells of the messages it finds, in order. */
export interface MessageHandler {
  onHead(head: string): void;
  onBody?(bytes: Buffer): void;
  onEnd(): void;
}

type State = 'head' | 'length' | 'close' | 'chunk-size' | 'chunk' | 'trailer';

/**
 * Finds the messages in one direction of an HTTP/1.1 connection: as much of the protocol as the benchmarks' own clients
 * and backends need, trusting the other side. Not the product's codec, so that neither can hide the other's mistake.
 */
export class MessageReader {
  #state: State = 'head';
  #rest: Buffer | null = null;
  #remaining = 0;
  readonly #kind: 'request' | 'response';
  readonly #handler: MessageHandler;

  constructor(kind: 'request' | 'response', handler: MessageHandler) {
    this.#kind = kind;
    this.#handler = handler;
  }

  push(chunk: Buffer): void {
    let bytes = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = null;
    while (bytes.length > 0) {
      const used = this.#step(bytes);
      if (used === 0) {
        // A copy: the caller may read into the same buffer again. Bodies never get here.
        this.#rest = Buffer.from(bytes);
        return;
      }
      bytes = bytes.subarray(used);
    }
  }

  /** The other side has ended. False when that cut a message short. */
  end(): boolean {
    if (this.#state === 'close') {
      this.#finish();
      return true;
    }
    return this.#state === 'head' && this.#rest === null;
  }

  /** Takes something from the front; 0 when more must come first. */
  #step(bytes: Buffer): number {
    switch (this.#state) {
      case 'head':
        return this.#takeHead(bytes);
      case 'length':
      case 'chunk':
        return this.#takeCounted(bytes);
      case 'close':
        this.#handler.onBody?.(bytes);
        return bytes.length;
      case 'chunk-size':
      case 'trailer':
        return this.#takeLine(bytes);
    }
  }

  #takeHead(bytes: Buffer): number {
    const blank = bytes.indexOf('\r\n\r\n');
    if (blank < 0) return 0;
    const head = bytes.toString('latin1', 0, blank + 2);
    this.#handler.onHead(head);
    if (/\r\ntransfer-encoding:[^\r]*chunked/i.test(head)) this.#state = 'chunk-size';
    else this.#expectBody(head);
    return blank + 4;
  }

  #expectBody(head: string): void {
    const length = /\r\ncontent-length: *(\d+)/i.exec(head);
    if (length !== null) {
      this.#remaining = Number(length[1]);
      this.#state = 'length';
      if (this.#remaining === 0) this.#finish();
    } else if (this.#kind === 'request' || /^HTTP\/1\.\d (?:204|304)/.test(head)) {
      this.#finish();
    } else {
      this.#state = 'close';
    }
  }

  #takeCounted(bytes: Buffer): number {
    const take = Math.min(bytes.length, this.#remaining);
    this.#remaining -= take;
    if (take > 0) this.#handler.onBody?.(bytes.subarray(0, take));
    if (this.#remaining > 0) return take;
    if (this.#state === 'length') {
      this.#finish();
      return take;
    }
    // The line end after a chunk's data.
    if (bytes.length < take + 2) return take;
    this.#state = 'chunk-size';
    return take + 2;
  }

  #takeLine(bytes: Buffer): number {
    const end = bytes.indexOf('\r\n');
    if (end < 0) return 0;
    if (this.#state === 'trailer') {
      if (end === 0) this.#finish();
    } else if (end > 0) {
      this.#remaining = parseInt(bytes.toString('latin1', 0, end), 16);
      this.#state = this.#remaining === 0 ? 'trailer' : 'chunk';
    }
    return end + 2;
  }

  #finish(): void {
    this.#state = 'head';
    this.#handler.onEnd();
  }
}
