/** Events as bytes on the wire (WHATWG HTML, 9.2.5 and 9.2.6), and the ids that they carry. */

/** A client whose connection is lost waits this long before it comes back. */
export const RETRY_MS = 2000;

const ID = /^([0-9a-f]{8,32})-(\d{1,15})$/;
/** Longer than any id. */
export const ID_LENGTH_MAX = 48;

export interface EventId {
  readonly start: string;
  readonly number: number;
}

export function idOf({ start, number }: EventId): string {
  return `${start}-${number}`;
}

/** Null: it is none that was ever given. */
export function readId(text: string): EventId | null {
  const [, start, number] = ID.exec(text) ?? [];
  return start === undefined || number === undefined ? null : { start, number: Number(number) };
}

/** JSON has no line feed in it, so data is one line. */
export function eventFrame(type: string, id: string, data: object): Buffer {
  return Buffer.from(`event: ${type}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`);
}

/** The beginning of a stream. Its id is the client's from then on though no event comes with it. */
export function openingFrame(id: string): Buffer {
  return Buffer.from(`retry: ${RETRY_MS}\nid: ${id}\n\n`);
}

/** Says nothing, so that whoever is between does not take the connection for dead. */
export const HEARTBEAT: Buffer = Buffer.from(':\n\n');
