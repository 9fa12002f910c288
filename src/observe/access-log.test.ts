import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Fault } from '#core/fault.ts';
import { Outcome } from '#core/outcome.ts';
import { G, type CounterRow } from '#memory/counters.ts';
import { DEFAULT_CAPACITY } from '#memory/layout.ts';
import { layTables, tablesBytes } from '#memory/tables.ts';
import { temporaryDirectory } from '../../test/support/program.ts';
import { until } from '../../test/support/until.ts';
import { AccessLog } from './access-log.ts';
import { ExchangeNotes } from './exchange-notes.ts';
import { openOutput } from './line-output.ts';

const CLIENT = Buffer.from('127.0.0.1');

interface Bed {
  readonly log: AccessLog;
  readonly row: CounterRow;
  readonly path: string;
}

function bed(t: TestContext, sample = 1, random: () => number = () => 0.5, path?: string): Bed {
  const to = path ?? join(temporaryDirectory(t), 'access.log');
  const capacity = { ...DEFAULT_CAPACITY, workers: 1, slots: 1, routes: 1, pools: 1 };
  const { counters } = layTables(new ArrayBuffer(tablesBytes(capacity)), capacity);
  const row = counters.rows[0] as CounterRow;
  return { log: new AccessLog(openOutput(to), sample, row, random), row, path: to };
}

const notes = new ExchangeNotes();
function exchange(
  log: AccessLog,
  target: string,
  status = 200,
  fault = 0,
  startedMs = performance.now(),
  tookMs = 5,
): void {
  const buf = Buffer.from(`GET${target}`, 'latin1');
  notes.begin(startedMs, CLIENT, 'public');
  notes.versionMinor = 1;
  notes.request(buf, 0, 3, 3, buf.length, 0, 0, 0, 0);
  notes.status = status;
  notes.fault = fault;
  notes.attempt('b', Outcome.success, -1, 1, 2, false);
  log.write(notes, startedMs + tookMs);
}

interface Line {
  readonly time: string;
  readonly target?: string;
  readonly status?: number;
  readonly dropped?: number;
  readonly durationMs?: number;
  readonly weight?: number;
}
const linesIn = (text: string): Line[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
const linesOf = (path: string): Line[] => linesIn(readFileSync(path, 'utf8'));

test('notes that are kept for later say what they said when they were given away', async (t) => {
  const { log, path } = bed(t);
  const id = Buffer.alloc(16);
  let mine = new ExchangeNotes();
  const given = new Set<ExchangeNotes>();
  for (let at = 0; at < 150; at++) {
    const target = Buffer.from(`GET/${at}`, 'latin1');
    mine.begin(1000 + at, CLIENT, 'public');
    mine.versionMinor = 1;
    mine.request(target, 0, 3, 3, target.length, 0, 0, 0, 0);
    // As an exchange does: one buffer, for one id after another.
    mine.requestIdLength = id.write(`id-${at}`, 'latin1');
    mine.requestId = id;
    mine.status = 200 + (at % 7);
    given.add(mine);
    mine = log.take(mine, 1005 + at);
  }
  assert.ok(given.size < 100, 'notes are used again');
  await log.close();
  const lines = linesIn(readFileSync(path, 'utf8')) as (Line & { readonly id?: string })[];
  assert.deepEqual(
    lines.map(({ id: own, target, status, durationMs }) => [own, target, status, durationMs]),
    Array.from({ length: 150 }, (_, at) => [`id-${at}`, `/${at}`, 200 + (at % 7), 5]),
  );
});

test('each exchange is a line, written at the end at the latest, in a file that others cannot read', async (t) => {
  const { log, path } = bed(t);
  const before = Date.now();
  for (let i = 0; i < 300; i++) exchange(log, `/${i}`);
  await log.close();
  const lines = linesOf(path);
  assert.deepEqual(
    lines.map(({ target }) => target),
    Array.from({ length: 300 }, (_, i) => `/${i}`),
  );
  assert.equal(lines[0]?.durationMs, 5);
  const time = Date.parse(lines[299]?.time ?? '');
  assert.ok(time >= before - 1 && time <= Date.now() + 1, lines[299]?.time);
  assert.equal(statSync(path).mode & 0o007, 0);
});

test('the clock writes what waits', async (t) => {
  const { log, path } = bed(t);
  t.after(() => log.close());
  exchange(log, '/first');
  assert.equal(readFileSync(path, 'utf8'), '');
  log.tick(performance.now());
  await until('the line', () => readFileSync(path, 'utf8') !== '');
  assert.equal(linesOf(path)[0]?.target, '/first');
});

test('a share of what went well is logged, and all that did not, and the slowest', async (t) => {
  let draw = 0;
  const { log, path } = bed(t, 0.25, () => (draw < 1000 ? (draw++ % 100) / 100 : 0.99));
  // Each a little sooner than the one before, so that none is slow.
  for (let i = 0; i < 1000; i++) exchange(log, '/well', i % 2 === 0 ? 200 : 404, 0, 0, 5 * 0.99 ** i);
  exchange(log, '/error', 500);
  exchange(log, '/gateway', 503);
  exchange(log, '/refused', 404, Fault.noRoute);
  exchange(log, '/gone', 0, Fault.clientClosed);
  log.sample = 0;
  for (let i = 0; i < 100; i++) exchange(log, '/none', 200, 0, 0, 0.001);
  exchange(log, '/late', 500);
  exchange(log, '/slow', 200, 0, 0, 5);
  await log.close();
  const lines = linesOf(path);
  const targets = lines.map(({ target }) => target);
  const weights = new Set(lines.filter(({ target }) => target === '/well').map(({ weight }) => weight));
  assert.deepEqual([...weights], [4], 'a line says how many it stands for');
  assert.equal(lines.find(({ target }) => target === '/error')?.weight, undefined);
  assert.equal(targets.filter((target) => target === '/well').length, 250);
  assert.deepEqual(
    targets.filter((target) => target !== '/well'),
    ['/error', '/gateway', '/refused', '/gone', '/late', '/slow'],
  );
});

test('goes on elsewhere without losing a line', async (t) => {
  const { log, path } = bed(t);
  const next = join(temporaryDirectory(t), 'next.log');
  for (let i = 0; i < 1000; i++) exchange(log, `/${i}`);
  log.redirect(openOutput(next));
  for (let i = 1000; i < 1500; i++) exchange(log, `/${i}`);
  await log.close();
  const all = [...linesOf(path), ...linesOf(next)].map(({ target }) => target);
  assert.deepEqual(
    all,
    Array.from({ length: 1500 }, (_, i) => `/${i}`),
  );
  assert.equal(linesOf(path).length, 1000);
});

test('what a thread that dies has not written is written by `flushSync`', (t) => {
  const { log, path } = bed(t);
  for (let i = 0; i < 10; i++) exchange(log, `/${i}`);
  log.flushSync();
  assert.equal(linesOf(path).length, 10);
  t.after(() => log.close());
});

test('lines that a sleeping reader costs are counted, and told of by the next that can be written', async (t) => {
  const path = join(temporaryDirectory(t), 'fifo');
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  t.after(() => closeSync(reader));
  const { log, row } = bed(t, 1, Math.random, path);
  const part = Buffer.alloc(65_536);
  let text = '';
  const take = (): boolean => {
    try {
      const length = readSync(reader, part);
      text += part.toString('latin1', 0, length);
      return length > 0;
    } catch {
      return false;
    }
  };
  for (let i = 0; i < 8000; i++) exchange(log, `/${i}`);
  const dropped = row.global[G.accessLogDropped] as number;
  assert.ok(dropped > 0);
  // Nothing but the clock: the loss is told of although no more requests come.
  do log.tick(performance.now());
  while (take());
  const lines = linesIn(text);
  const told = lines.filter((line) => line.dropped !== undefined);
  assert.deepEqual(
    told.map((line) => line.dropped),
    [dropped],
  );
  assert.equal(lines.length - 1 + dropped, 8000);
  assert.equal(lines.at(-1)?.dropped, dropped);
  assert.equal(row.global[G.accessLogDropped], dropped);
  await log.close();
});

test('lines are worded as the operator likes, from the next one on', async (t) => {
  const { log, path } = bed(t);
  exchange(log, '/json');
  log.format = { template: '$method $target $status' };
  exchange(log, '/template', 404);
  log.format = 'clf';
  exchange(log, '/clf');
  await log.close();
  const [first = '', second, third = ''] = readFileSync(path, 'utf8').split('\n');
  assert.equal((JSON.parse(first) as Line).target, '/json');
  assert.equal(second, 'GET /template 404');
  assert.match(third, /^127\.0\.0\.1 - - \[.+ \+0000\] "GET \/clf HTTP\/1\.1" 200 0 "-" "-"$/);
});
