/**
 * What does the access log cost a worker, and what does a slow reader cost the log? First CPU nanoseconds for each line, the
 * least of several rounds: noting a request, formatting its line, JSON.stringify of the same fields for comparison, and all
 * of it with the writing to a file, and in pieces as to a pipe (to /dev/null), the kernel's and the thread pool's time
 * included. Then the share of lines dropped when the reader of a pipe takes only so much of what is written.
 * Run: `node bench/access-log.ts`.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Outcome } from '../src/core/outcome.ts';
import { G, type CounterRow } from '../src/memory/counters.ts';
import { DEFAULT_CAPACITY } from '../src/memory/layout.ts';
import { layTables, tablesBytes } from '../src/memory/tables.ts';
import { putLine } from '../src/observe/access-line.ts';
import { AccessLog, FLUSH_MS } from '../src/observe/access-log.ts';
import { ExchangeNotes } from '../src/observe/exchange-notes.ts';
import { openOutput } from '../src/observe/line-output.ts';
import { TraceContext } from '../src/observe/trace-context.ts';
import { table } from './support/table.ts';

const ROUNDS = 30;
const LINES = 50_000;
/** A file is given time to be written when so much waits. */
const WAITING_BYTES = 256 * 1024;
/** Lines a second that the slow reader is offered, and for how long. */
const OFFERED = 20_000;
const OFFERED_MS = 4_000;

const CLIENT = Buffer.from('203.0.113.17');
const REQUEST_ID = Buffer.from('4f4306596a9c620c2b6000063a26a0b4');
const METHOD = 'GET';
const HOST = 'www.example.com';
const AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const TRACE = new TraceContext();
TRACE.read(Buffer.from('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'), 0, 55);
const TARGETS = {
  plain: '/proxy/orders/12345/items',
  'with a query': '/proxy/search?q=blue+shoes&page=3&sort=price&access_token=abcdef0123456789',
};

/** What an exchange does for its line before it is due. */
class Exchange {
  readonly notes = new ExchangeNotes();
  readonly #buf: Buffer;
  readonly #ends: readonly number[];

  constructor(target: string) {
    const parts = [METHOD, target, HOST, AGENT];
    this.#buf = Buffer.from(parts.join(''), 'latin1');
    this.#ends = parts.map((_, at) => parts.slice(0, at + 1).join('').length);
  }

  note(nowMs: number): ExchangeNotes {
    const { notes } = this;
    const [a = 0, b = 0, c = 0, d = 0] = this.#ends;
    notes.begin(nowMs, CLIENT, 'public');
    notes.versionMinor = 1;
    notes.request(this.#buf, 0, a, a, b, b, c, c, d);
    notes.trace(TRACE);
    notes.route = 'app';
    notes.pool = 'shop';
    notes.requestId = REQUEST_ID;
    notes.requestIdLength = REQUEST_ID.length;
    notes.status = 200;
    notes.bytesIn = 312;
    notes.bytesOut = 4711;
    notes.attempt('backend-3', Outcome.success, -1, 2.345, 3.456, false);
    return notes;
  }
}

/** CPU time is read in microseconds at best, so a round has many lines. */
function leastNs(work: () => void): number {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const from = process.cpuUsage();
    for (let line = 0; line < LINES; line++) work();
    const { user, system } = process.cpuUsage(from);
    least = Math.min(least, user + system);
  }
  return (least * 1000) / LINES;
}

/** The same for whole lines that go to `to`. */
async function leastWrittenNs(to: string, sample: number, exchange: Exchange): Promise<number> {
  const row = counterRow();
  let least = Infinity;
  for (let round = 0; round < ROUNDS / 3; round++) {
    const log = new AccessLog(openOutput(to), sample, row, Math.random);
    const from = process.cpuUsage();
    for (let line = 0; line < LINES; line++) {
      while (log.waiting > WAITING_BYTES) await new Promise((resolve) => setTimeout(resolve, 1));
      const nowMs = performance.now();
      log.write(exchange.note(nowMs), nowMs);
    }
    await log.close();
    const { user, system } = process.cpuUsage(from);
    least = Math.min(least, user + system);
    if (to !== '/dev/null') truncateSync(to);
  }
  if (row.global[G.accessLogDropped] !== 0) throw new Error('lines were dropped');
  return (least * 1000) / LINES;
}

function counterRow(): CounterRow {
  const capacity = { ...DEFAULT_CAPACITY, workers: 1, slots: 1, routes: 1, pools: 1 };
  return layTables(new ArrayBuffer(tablesBytes(capacity)), capacity).counters.rows[0] as CounterRow;
}

async function costs(target: string): Promise<readonly number[]> {
  const exchange = new Exchange(target);
  const into = Buffer.alloc(8192);
  const notes = exchange.note(0);
  const beganMs = Date.now();
  const bytes = putLine(into, 0, notes, beganMs, 3.6);
  const asObject = JSON.parse(into.toString('utf8', 0, bytes)) as object;
  return [
    bytes,
    leastNs(() => exchange.note(0)),
    leastNs(() => putLine(into, 0, notes, beganMs, 3.6)),
    leastNs(() => into.write(`${JSON.stringify(asObject)}\n`, 0, 'utf8')),
    await leastWrittenNs(path('file'), 1, exchange),
    await leastWrittenNs('/dev/null', 1, exchange),
    await leastWrittenNs('/dev/null', 0, exchange),
  ];
}

/** Offers lines at a steady rate while the reader takes `share` of their bytes; the share of lines dropped. */
async function dropped(fifo: string, share: number): Promise<number> {
  const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  const row = counterRow();
  const log = new AccessLog(openOutput(fifo), 1, row, Math.random);
  const exchange = new Exchange(TARGETS.plain);
  const lineBytes = putLine(Buffer.alloc(8192), 0, exchange.note(0), Date.now(), 3.6);
  const part = Buffer.alloc(1024 * 1024);
  const startMs = performance.now();
  let offered = 0;
  let taken = 0;
  const take = (upTo: number): number => {
    try {
      return readSync(reader, part, 0, Math.min(part.length, upTo), null);
    } catch {
      return 0;
    }
  };
  const clock = setInterval(() => log.tick(performance.now()), FLUSH_MS);
  await new Promise<void>((resolve) => {
    const turn = setInterval(() => {
      const nowMs = performance.now();
      for (; offered < ((nowMs - startMs) / 1000) * OFFERED; offered++) log.write(exchange.note(nowMs), nowMs);
      const due = ((nowMs - startMs) / 1000) * OFFERED * lineBytes * share - taken;
      if (due >= 1) taken += take(due);
      if (nowMs - startMs < OFFERED_MS) return;
      clearInterval(turn);
      resolve();
    }, 1);
  });
  clearInterval(clock);
  const lost = row.global[G.accessLogDropped] as number;
  closeSync(reader);
  await log.close();
  return lost / offered;
}

const directory = mkdtempSync(join(tmpdir(), 'eb-access-log-'));
const path = (name: string): string => join(directory, name);
try {
  const head = ['target', 'bytes', 'note', 'format', 'JSON.stringify', 'all, to a file', 'to a pipe', 'not sampled'];
  const rows: string[][] = [];
  for (const [name, target] of Object.entries(TARGETS)) {
    rows.push([name, ...(await costs(target)).map((value) => value.toFixed(0))]);
  }
  console.log(`CPU nanoseconds a line\n\n${table(head, rows)}`);
  execFileSync('mkfifo', [path('fifo')]);
  const lost: string[][] = [];
  for (const share of [2, 1.1, 0.9, 0.5, 0]) {
    lost.push([`${Math.round(share * 100)} %`, `${((await dropped(path('fifo'), share)) * 100).toFixed(1)} %`]);
  }
  console.log(`\n${table([`reader takes, of ${OFFERED} lines a second`, 'dropped'], lost)}`);
} finally {
  rmSync(directory, { recursive: true });
}
