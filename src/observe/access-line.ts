/**
 * One line of the access log as JSON, written as bytes behind each other. Names of routes, pools and backends are escaped
 * once and kept; what a client sent is escaped as it is copied. What does not apply is left out.
 */
import { FAULT_COUNT, faultRow } from '#core/fault.ts';
import { OUTCOME_NAMES } from '#core/outcome.ts';
import { Members, Pairs } from './access-names.ts';
import { copyPlain, wordsOf } from './byte-words.ts';
import { ATTEMPTS_MAX, TARGET_BYTES_MAX, type ExchangeNotes } from './exchange-notes.ts';
import { CUT_MARK, put, putDigits, putInteger, putMillis, putText } from './json-bytes.ts';
import { putTarget } from './target-text.ts';

/** No line is longer, its line end included: so much goes into a pipe in one piece (PIPE_BUF). */
export const LINE_BYTES_MAX = 4096;

/** What an address, an id, a method, a host and a user agent may take, escapes included. */
const CLIENT_ROOM = 64;
const ID_ROOM = 192;
const METHOD_ROOM = 48;
const HOST_ROOM = 255;
const AGENT_ROOM = 320;
/** All of a line but its target and attempts: the rooms above, four names, numbers and the words between them. */
const REST_ROOM = 1860;
/** One attempt but its backend's id. */
const ATTEMPT_ROOM = 140;
/** So much of a target is shown however many attempts there were. */
const TARGET_ROOM_MIN = 256;
/** What is left for attempts: all that are noted where ids have up to 26 characters, else the first of them. */
const ATTEMPTS_ROOM = LINE_BYTES_MAX - REST_ROOM - TARGET_ROOM_MIN;

const QUOTE = 0x22;
const CLOSING_BRACE = 0x7d;
const CLOSING_BRACKET = 0x5d;
const COMMA = 0x2c;
const LF = 0x0a;

const LISTENER_ROUTE = new Pairs('","listener":', ',"route":', '');
const POOL_BACKEND = new Pairs(',"pool":', ',"backend":', ',"attempts":[');
/** By outcome: a closed list. */
const ATTEMPT = OUTCOME_NAMES.map((outcome) => new Members('', '{"backend":', `,"outcome":"${outcome}"`));

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const ID = bytes('Z","id":"');
const CLIENT_ONLY = bytes('Z","client":"');
const CLIENT = bytes('","client":"');
const METHOD = bytes(',"method":"');
const HOST = bytes(',"host":"');
const TARGET = bytes(',"target":"');
const BYTES_IN = ',"bytesIn":';
const PROTOCOLS = ['', ',"protocol":"HTTP/1.0"', ',"protocol":"HTTP/1.1"'] as const;
const STATUSES = 1000;
/** Protocol and status, by both; those seen so far. The second list is for what a fault comes behind. */
const ANSWERS = new Array<Buffer | undefined>(PROTOCOLS.length * STATUSES).fill(undefined);
const FAULTY_ANSWERS = new Array<Buffer | undefined>(PROTOCOLS.length * STATUSES).fill(undefined);
const BYTES_OUT = bytes(',"bytesOut":');
const DURATION = bytes(',"durationMs":');
const CONNECT = bytes(',"connectMs":');
const FIRST_BYTE = bytes(',"firstByteMs":');
const MS = bytes(',"ms":');
const HEDGE = bytes(',"hedge":true');
const MORE = bytes(',"moreAttempts":');
const TRACE = bytes(',"traceId":"');
const AGENT = bytes(',"userAgent":"');
const WEIGHT = bytes(',"weight":');
const DROPPED = bytes('Z","dropped":');
/** By fault: a closed list. */
const FAULTS = Array.from({ length: FAULT_COUNT }, (_, at) => {
  const { reason, name } = faultRow(at + 1);
  return bytes(`,"reason":"${reason}","fault":"${name}"${BYTES_IN}`);
});

/** A part of the request in a room of its own, with the quote that ends it. */
function putPart(
  into: Buffer,
  at: number,
  room: number,
  { parts, partWords }: ExchangeNotes,
  start: number,
  end: number,
  cut: boolean,
): number {
  if (!cut && end - start <= room) {
    const to = copyPlain(wordsOf(into), at, partWords, start, end);
    if (to >= 0) return close(into, to, false);
  }
  return close(into, putText(into, at, at + room, parts, start, end), cut);
}

/** Ends a string: `to` is negative where it had to be cut. */
function close(into: Buffer, to: number, cut: boolean): number {
  let at = to;
  if (cut || to < 0) at = put(into, Math.abs(to), CUT_MARK);
  into[at] = QUOTE;
  return at + 1;
}

/**
 * Writes the line of an exchange that began at `beganMs` of the wall clock, and stands for `weight` of them. LINE_BYTES_MAX
 * bytes are room enough.
 */
export function putLine(
  into: Buffer,
  at: number,
  notes: ExchangeNotes,
  beganMs: number,
  durationMs: number,
  weight = 1,
): number {
  const told = attemptsTold(notes);
  let to = putMoment(into, at, beganMs);
  if (notes.requestIdLength > 0) {
    to = putId(into, put(into, to, ID), notes);
    to = put(into, to, CLIENT);
  } else {
    to = put(into, to, CLIENT_ONLY);
  }
  to = Math.abs(putText(into, to, to + CLIENT_ROOM, notes.client, 0, notes.client.length));
  to = put(into, to, LISTENER_ROUTE.of(notes.listener, notes.route));
  if (notes.versionMinor >= 0) to = putRequest(into, to, notes, targetRoom(notes, told));
  to = put(into, to, answerOf(notes));
  if (notes.fault > 0) to = put(into, to, FAULTS[notes.fault - 1] as Buffer);
  to = putInteger(into, to, notes.bytesIn);
  to = putInteger(into, put(into, to, BYTES_OUT), notes.bytesOut);
  to = putMillis(into, put(into, to, DURATION), durationMs);
  const backend = notes.backend === '' && told > 0 ? (notes.attemptBackends[told - 1] as string) : notes.backend;
  to = put(into, to, POOL_BACKEND.of(notes.pool, backend));
  to = putAttempts(into, to, notes, told);
  if (notes.hasTrace) {
    to = put(into, put(into, to, TRACE), notes.traceId);
    into[to++] = QUOTE;
  }
  const { hostEnd, agentEnd, agentCut } = notes;
  if (agentEnd > hostEnd) to = putPart(into, put(into, to, AGENT), AGENT_ROOM, notes, hostEnd, agentEnd, agentCut);
  if (weight !== 1) to = putInteger(into, put(into, to, WEIGHT), weight);
  into[to] = CLOSING_BRACE;
  into[to + 1] = LF;
  return to + 2;
}

/** What stands in the log for lines that could not be kept. */
export function putDropped(into: Buffer, at: number, nowMs: number, lines: number): number {
  const to = putInteger(into, put(into, putMoment(into, at, nowMs), DROPPED), lines);
  into[to] = CLOSING_BRACE;
  into[to + 1] = LF;
  return to + 2;
}

/** Method, host and target. `at` is behind a name. */
function putRequest(into: Buffer, at: number, notes: ExchangeNotes, targetRoom: number): number {
  const { parts, methodEnd, targetEnd, hostEnd, methodCut, targetCut, hostCut } = notes;
  let to = putPart(into, put(into, at, METHOD), METHOD_ROOM, notes, 0, methodEnd, methodCut);
  if (hostEnd > targetEnd) to = putPart(into, put(into, to, HOST), HOST_ROOM, notes, targetEnd, hostEnd, hostCut);
  to = put(into, to, TARGET);
  return close(into, putTarget(into, to, to + targetRoom, parts, methodEnd, targetEnd), targetCut);
}

/** Up to the number of `bytesIn`, or up to the fault. */
function answerOf({ versionMinor, status, fault }: ExchangeNotes): Buffer {
  const version = versionMinor < 0 ? 0 : versionMinor === 0 ? 1 : 2;
  const list = fault > 0 ? FAULTY_ANSWERS : ANSWERS;
  return (list[version * STATUSES + status] ??= bytes(
    `${PROTOCOLS[version]},"status":${status}${fault > 0 ? '' : BYTES_IN}`,
  ));
}

function putId(into: Buffer, at: number, { requestId, idWords, requestIdLength }: ExchangeNotes): number {
  if (requestId.buffer === idWords.buffer && requestIdLength <= ID_ROOM) {
    const to = copyPlain(wordsOf(into), at, idWords, 0, requestIdLength);
    if (to >= 0) return to;
  }
  const to = putText(into, at, at + ID_ROOM, requestId, 0, requestIdLength);
  return to < 0 ? put(into, -to, CUT_MARK) : to;
}

/** `{"time":"2026-01-31T12:34:56.` of this second. */
let second = -1;
let secondBytes: Buffer = Buffer.alloc(0);

/** The line's begin, up to the moment's milliseconds. */
function putMoment(into: Buffer, at: number, epochMs: number): number {
  const ms = Math.floor(epochMs);
  const now = Math.floor(ms / 1000);
  if (now !== second) {
    second = now;
    secondBytes = bytes(`{"time":"${new Date(now * 1000).toISOString().slice(0, 20)}`);
  }
  return putDigits(into, put(into, at, secondBytes), ms - now * 1000, 3);
}

/** How many attempts there is room for. */
function attemptsTold({ attempts, attemptBackends }: ExchangeNotes): number {
  let room = ATTEMPTS_ROOM;
  for (let at = 0; at < attempts && at < ATTEMPTS_MAX; at++) {
    room -= attemptRoom(attemptBackends[at] as string);
    if (room < 0) return at;
  }
  return Math.min(attempts, ATTEMPTS_MAX);
}

/** What the attempts leave to the target. */
function targetRoom({ attemptBackends }: ExchangeNotes, told: number): number {
  let room = ATTEMPTS_ROOM + TARGET_ROOM_MIN;
  for (let at = 0; at < told; at++) room -= attemptRoom(attemptBackends[at] as string);
  return Math.min(room, TARGET_BYTES_MAX);
}

function attemptRoom(backend: string): number {
  return ATTEMPT_ROOM + backend.length;
}

function putAttempts(into: Buffer, at: number, notes: ExchangeNotes, told: number): number {
  const { attempts, attemptBackends, attemptOutcomes, attemptHedges, attemptMs } = notes;
  let to = at;
  for (let i = 0; i < told; i++) {
    if (i > 0) into[to++] = COMMA;
    const attempt = ATTEMPT[attemptOutcomes[i] as number] as Members;
    to = put(into, to, attempt.of(attemptBackends[i] as string));
    const connectMs = attemptMs[3 * i] as number;
    const firstByteMs = attemptMs[3 * i + 1] as number;
    if (connectMs >= 0) to = putMillis(into, put(into, to, CONNECT), connectMs);
    if (firstByteMs >= 0) to = putMillis(into, put(into, to, FIRST_BYTE), firstByteMs);
    to = putMillis(into, put(into, to, MS), attemptMs[3 * i + 2] as number);
    if (attemptHedges[i] === 1) to = put(into, to, HEDGE);
    into[to++] = CLOSING_BRACE;
  }
  into[to++] = CLOSING_BRACKET;
  return attempts > told ? putInteger(into, put(into, to, MORE), attempts - told) : to;
}
