/**
 * Lines of the access log as an operator words them: text with `$name` or `$(name)` in it. The combined log format of Apache
 * and nginx is such a wording. A template is read once into parts; a line is written part by part, as bytes, cut where it
 * would grow beyond its bound.
 *
 * What a client sent cannot forge a line or leave its quotes: quotes, backslashes and control bytes are escaped as in JSON.
 * Spaces are not, so a field that may hold some belongs between quotes. What does not apply reads `-`.
 */
import { faultRow } from '#core/fault.ts';
import { OUTCOME_NAMES } from '#core/outcome.ts';
import { LINE_BYTES_MAX } from './access-line.ts';
import { ATTEMPTS_MAX, TARGET_BYTES_MAX, type ExchangeNotes } from './exchange-notes.ts';
import { CUT_MARK, put, putInteger, putMillis, putText, putTime } from './json-bytes.ts';
import { putTarget } from './target-text.ts';

/** The combined log format. There is no `Referer` in it: no field of a request is logged but those of the contract. */
export const COMBINED = '$client - - [$timeCommon] "$method $target $protocol" $status $bytesOut "-" "$userAgent"';

/** A longer template is a mistake; each of its parts costs time for every request. */
export const TEMPLATE_LENGTH_MAX = 2048;

/** Numbers and times need at most so much; a part that has less room left is not written. */
const SMALL_ROOM = 32;
const DASH = 0x2d;
const LF = 0x0a;
const COLON = 0x3a;
const COMMA = 0x2c;

/** What a part is written from. */
interface Subject {
  notes: ExchangeNotes;
  beganMs: number;
  durationMs: number;
  weight: number;
}

/** Writes before `stop`, and returns the offset behind. */
type Part = (into: Buffer, at: number, stop: number, subject: Subject) => number;

/** What a template may name, and what stands there. */
const PARTS: Readonly<Record<string, Part>> = {
  time: (into, at, stop, { beganMs }) => (roomy(at, stop) ? putTime(into, at, beganMs) : at),
  timeCommon: (into, at, stop, { beganMs }) => (roomy(at, stop) ? putCommonTime(into, at, beganMs) : at),
  id: (into, at, stop, { notes }) => putBytes(into, at, stop, notes.requestId, 0, notes.requestIdLength, false),
  client: (into, at, stop, { notes }) => putBytes(into, at, stop, notes.client, 0, notes.client.length, false),
  listener: (into, at, stop, { notes }) => putName(into, at, stop, notes.listener),
  route: (into, at, stop, { notes }) => putName(into, at, stop, notes.route),
  pool: (into, at, stop, { notes }) => putName(into, at, stop, notes.pool),
  backend: (into, at, stop, { notes }) => putName(into, at, stop, backendOf(notes)),
  method: (into, at, stop, { notes }) => putBytes(into, at, stop, notes.parts, 0, notes.methodEnd, notes.methodCut),
  target: (into, at, stop, { notes }) => putTargetPart(into, at, stop, notes),
  host: (into, at, stop, { notes }) =>
    putBytes(into, at, stop, notes.parts, notes.targetEnd, notes.hostEnd, notes.hostCut),
  userAgent: (into, at, stop, { notes }) =>
    putBytes(into, at, stop, notes.parts, notes.hostEnd, notes.agentEnd, notes.agentCut),
  protocol: (into, at, stop, { notes }) =>
    putWord(into, at, stop, notes.versionMinor < 0 ? '' : notes.versionMinor === 0 ? 'HTTP/1.0' : 'HTTP/1.1'),
  status: (into, at, stop, { notes }) => putNumber(into, at, stop, notes.status),
  reason: (into, at, stop, { notes }) => putWord(into, at, stop, notes.fault > 0 ? faultRow(notes.fault).reason : ''),
  fault: (into, at, stop, { notes }) => putWord(into, at, stop, notes.fault > 0 ? faultRow(notes.fault).name : ''),
  bytesIn: (into, at, stop, { notes }) => putNumber(into, at, stop, notes.bytesIn),
  bytesOut: (into, at, stop, { notes }) => putNumber(into, at, stop, notes.bytesOut),
  durationMs: (into, at, stop, { durationMs }) => (roomy(at, stop) ? putMillis(into, at, durationMs) : at),
  attempts: (into, at, stop, { notes }) => putAttempts(into, at, stop, notes),
  traceId: (into, at, stop, { notes }) =>
    putBytes(into, at, stop, notes.traceId, 0, notes.hasTrace ? notes.traceId.length : 0, false),
  weight: (into, at, stop, { weight }) => putNumber(into, at, stop, weight),
};

export const TEMPLATE_NAMES: readonly string[] = Object.keys(PARTS);

/** A template's pieces: text, and names that it asks for. Text has its `$$` read as `$`. */
export type Piece = { readonly text: string } | { readonly name: string };

/** Reads a template. Names are not judged here: whoever checks a configuration says what would be right. */
export function piecesOf(template: string): Piece[] {
  const pieces: Piece[] = [];
  let text = '';
  const found = /\$(?:\$|\(([^)]*)\)|([A-Za-z]\w*))/g;
  let end = 0;
  for (const match of template.matchAll(found)) {
    text += template.slice(end, match.index);
    end = match.index + match[0].length;
    if (match[0] === '$$') {
      text += '$';
      continue;
    }
    if (text !== '') pieces.push({ text });
    text = '';
    pieces.push({ name: match[1] ?? match[2] ?? '' });
  }
  text += template.slice(end);
  if (text !== '') pieces.push({ text });
  return pieces;
}

/** A template that is ready to write lines. Throws where it names what there is not: checked long before. */
export class AccessTemplate {
  readonly #parts: readonly Part[];

  constructor(template: string) {
    this.#parts = piecesOf(template).map((piece) => {
      if ('text' in piece) return textPart(piece.text);
      const part = Object.hasOwn(PARTS, piece.name) ? PARTS[piece.name] : undefined;
      if (part === undefined) throw new Error(`an access log's template names $${piece.name}, which there is not`);
      return part;
    });
  }

  /** Writes the line of an exchange, LINE_BYTES_MAX bytes at most, its end included. */
  put(into: Buffer, at: number, notes: ExchangeNotes, beganMs: number, durationMs: number, weight: number): number {
    subject.notes = notes;
    subject.beganMs = beganMs;
    subject.durationMs = durationMs;
    subject.weight = weight;
    const stop = at + LINE_BYTES_MAX - 1;
    let to = at;
    for (const part of this.#parts) to = part(into, to, stop, subject);
    into[to] = LF;
    return to + 1;
  }
}

/** One for all lines: they are written one after another, and none waits. */
const subject: Subject = { notes: null as unknown as ExchangeNotes, beganMs: 0, durationMs: 0, weight: 1 };

const roomy = (at: number, stop: number): boolean => at + SMALL_ROOM <= stop;

function textPart(text: string): Part {
  const bytes = Buffer.from(text, 'utf8');
  return (into, at, stop) => (at + bytes.length <= stop ? put(into, at, bytes) : at);
}

function putDash(into: Buffer, at: number, stop: number): number {
  if (at >= stop) return at;
  into[at] = DASH;
  return at + 1;
}

/** What a client sent, or another text in bytes, escaped. */
function putBytes(
  into: Buffer,
  at: number,
  stop: number,
  source: Uint8Array,
  start: number,
  end: number,
  cut: boolean,
): number {
  if (end <= start) return putDash(into, at, stop);
  return marked(into, putText(into, at, stop - CUT_MARK.length, source, start, end), stop, cut);
}

function putTargetPart(into: Buffer, at: number, stop: number, notes: ExchangeNotes): number {
  const { parts, methodEnd, targetEnd, targetCut } = notes;
  if (targetEnd <= methodEnd) return putDash(into, at, stop);
  const room = Math.min(stop - CUT_MARK.length, at + TARGET_BYTES_MAX);
  return marked(into, putTarget(into, at, room, parts, methodEnd, targetEnd), stop, targetCut);
}

/** `to` is negative where text had to be cut. */
function marked(into: Buffer, to: number, stop: number, cut: boolean): number {
  const at = Math.abs(to);
  return (cut || to < 0) && at + CUT_MARK.length <= stop ? put(into, at, CUT_MARK) : at;
}

const names = new Map<string, Buffer>();
/** Names known at a time; a configuration has fewer, and what reloads leave behind is forgotten at this point. */
const NAMES_MAX = 8192;

/** A name out of the configuration: it may hold what would break a line. */
function putName(into: Buffer, at: number, stop: number, name: string): number {
  if (name === '') return putDash(into, at, stop);
  let bytes = names.get(name);
  if (bytes === undefined) {
    if (names.size >= NAMES_MAX) names.clear();
    bytes = Buffer.from(JSON.stringify(name).slice(1, -1), 'utf8');
    names.set(name, bytes);
  }
  return at + bytes.length <= stop ? put(into, at, bytes) : at;
}

/** A word of the product's own. */
function putWord(into: Buffer, at: number, stop: number, word: string): number {
  if (word === '') return putDash(into, at, stop);
  return at + word.length <= stop ? at + into.write(word, at, 'latin1') : at;
}

function putNumber(into: Buffer, at: number, stop: number, value: number): number {
  return roomy(at, stop) ? putInteger(into, at, value) : at;
}

function backendOf({ backend, attempts, attemptBackends }: ExchangeNotes): string {
  return backend === '' && attempts > 0 ? (attemptBackends[Math.min(attempts, ATTEMPTS_MAX) - 1] as string) : backend;
}

/** `a:connect-failure,b:success`. */
function putAttempts(into: Buffer, at: number, stop: number, notes: ExchangeNotes): number {
  const { attempts, attemptBackends, attemptOutcomes } = notes;
  const told = Math.min(attempts, ATTEMPTS_MAX);
  if (told === 0) return putDash(into, at, stop);
  let to = at;
  for (let i = 0; i < told; i++) {
    if (to + 2 > stop) return to;
    if (i > 0) into[to++] = COMMA;
    to = putName(into, to, stop, attemptBackends[i] as string);
    if (to >= stop) return to;
    into[to++] = COLON;
    to = putWord(into, to, stop, OUTCOME_NAMES[attemptOutcomes[i] as number] as string);
  }
  return to;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
let second = -1;
/** `25/Nov/2026:00:12:34 +0000` of that second. */
let common: Uint8Array = new Uint8Array(0);

/** The time of the common log format, in UTC. */
function putCommonTime(into: Buffer, at: number, epochMs: number): number {
  const now = Math.floor(epochMs / 1000);
  if (now !== second) {
    second = now;
    const [date = '', time = ''] = new Date(now * 1000).toISOString().split('T');
    const [year = '', month = '', day = ''] = date.split('-');
    common = Buffer.from(`${day}/${MONTHS[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`, 'latin1');
  }
  return put(into, at, common);
}
