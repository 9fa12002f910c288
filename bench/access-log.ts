/**
 * What does the access log cost a worker, and what does a slow reader cost the log? First nanoseconds for each line: noting a
 * request, formatting the line, and both with the writing to /dev/null, beside JSON.stringify of the same fields; the least of
 * several rounds. Then the share of lines dropped when the reader of a pipe takes only so much of what is written.
 * Run: `node bench/access-log.ts`.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
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

const ROUNDS = 40;
const LINES = 20_000;
/** Lines a second that the slow reader is offered, and for how long. */
const OFFERED = 20_000;
const OFFERED_MS = 4_000;

const CLIENT = Buffer.from('203.0.113.17');
const REQUEST_ID = Buffer.from('4f4306596a9c620c2b6000063a26a0b4');
const METHOD = 'GET';
const HOST = 'www.example.com';
const AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const TRACE = Buffer.from('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
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
    notes.trace(TRACE, 0, TRACE.length);
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

function leastNs(work: () => void): string {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const from = process.hrtime.bigint();
    for (let line = 0; line < LINES; line++) work();
    least = Math.min(least, Number(process.hrtime.bigint() - from));
  }
  return (least / LINES).toFixed(0);
}

function counterRow(): CounterRow {
  const capacity = { ...DEFAULT_CAPACITY, workers: 1, slots: 1, routes: 1, pools: 1 };
  return layTables(new ArrayBuffer(tablesBytes(capacity)), capacity).counters.rows[0] as CounterRow;
}

function costs(target: string): readonly (string | number)[] {
  const exchange = new Exchange(target);
  const into = Buffer.alloc(8192);
  const notes = exchange.note(0);
  const beganMs = Date.now();
  const bytes = putLine(into, 0, notes, beganMs, 3.6);
  const asObject = JSON.parse(into.toString('utf8', 0, bytes)) as object;
  const log = new AccessLog(openOutput('/dev/null'), 1, counterRow(), Math.random);
  let nowMs = performance.now();
  const noting = leastNs(() => exchange.note(nowMs));
  const formatting = leastNs(() => putLine(into, 0, notes, beganMs, 3.6));
  const whole = leastNs(() => log.write(exchange.note(nowMs), (nowMs += 0.05)));
  const unsampled = ((log.sample = 0), leastNs(() => log.write(exchange.note(nowMs), (nowMs += 0.05))));
  const stringify = leastNs(() => into.write(`${JSON.stringify(asObject)}\n`, 0, 'utf8'));
  return [bytes, noting, formatting, whole, unsampled, stringify];
}

/** Offers lines at a steady rate while the reader takes `share` of their bytes; the share of lines dropped. */
async function dropped(path: string, share: number): Promise<number> {
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const row = counterRow();
  const log = new AccessLog(openOutput(path), 1, row, Math.random);
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

console.log(
  '| target | bytes | note: ns | format: ns | note, format, write: ns | not sampled: ns | JSON.stringify: ns |',
);
console.log('| --- | --: | --: | --: | --: | --: | --: |');
for (const [name, target] of Object.entries(TARGETS)) console.log(`| ${[name, ...costs(target)].join(' | ')} |`);

const directory = mkdtempSync(join(tmpdir(), 'eb-access-log-'));
try {
  const path = join(directory, 'fifo');
  execFileSync('mkfifo', [path]);
  console.log(`\n| reader takes, of ${OFFERED} lines a second | dropped |`);
  console.log('| --: | --: |');
  for (const share of [2, 1.1, 0.9, 0.5, 0]) {
    console.log(`| ${share * 100} % | ${((await dropped(path, share)) * 100).toFixed(1)} % |`);
  }
} finally {
  rmSync(directory, { recursive: true });
}
