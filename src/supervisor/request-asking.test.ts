import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BookQuery } from '#observe/decision-book.ts';
import { VirtualTimers } from '../../test/support/virtual-timers.ts';
import { RequestAsking } from './request-asking.ts';
import type { FoundRequests } from '#worker/messages.ts';

const record = (id: string, second: number, durationMs: number): FoundRequests['records'][number] => ({
  why: 'sampled',
  bytes: 0,
  worker: 0,
  id,
  atMs: second * 1000,
  durationMs,
  client: '192.0.2.1',
  listener: 'public',
  route: 'shop',
  method: 'GET',
  host: 'a.example',
  target: '/',
  protocol: 'HTTP/1.1',
  userAgent: '',
  traceId: '',
  status: 200,
  fault: 0,
  bytesIn: 1,
  bytesOut: 1,
  pool: 'app',
  strategy: 'random',
  backend: 'a',
  queueMs: -1,
  attempts: [],
  moreAttempts: 0,
  refused: null,
});
const QUESTION = { list: 'recent', limit: 3, pool: null, backend: null, route: null, status: null, minMs: 0 } as const;

/** A worker that answers at once, says that it cannot, or says nothing. */
const worker = (row: number, answer: FoundRequests | null | 'silent') => ({
  row,
  forgotten: 0,
  askRequests(query: BookQuery, then: (found: FoundRequests | null) => void) {
    if (answer !== 'silent') then(answer === null ? null : found(...answer.records.filter(fits(query))));
    return { forget: () => void (this.forgotten += 1) };
  },
});
const fits =
  (query: BookQuery) =>
  ({ id }: { readonly id: string }): boolean =>
    !('id' in query) || query.id === id;
const found = (...records: FoundRequests['records']): FoundRequests => ({ records });

test('answers of all workers are put in one order and cut', async () => {
  const workers = [worker(0, found(record('a', 9, 1), record('b', 2, 50))), worker(1, found(record('c', 5, 20), record('d', 1, 90)))]; // prettier-ignore
  const asking = new RequestAsking(
    () => ({ plan: { requests: { sample: 0.5, keep: 1 } }, workers }),
    new VirtualTimers(),
  );
  const recent = await asking.list(QUESTION);
  assert.deepEqual(recent.requests.map(({ id }) => id), ['a', 'c', 'b']); // prettier-ignore
  assert.deepEqual([recent.sample, recent.missingWorkers], [0.5, []]);
  const slowest = await asking.list({ ...QUESTION, list: 'slowest' });
  assert.deepEqual(slowest.requests.map(({ id }) => id), ['d', 'b', 'c']); // prettier-ignore
});

test('a worker that does not answer is not waited for, and named', async () => {
  const timers = new VirtualTimers();
  const workers = [worker(0, found(record('a', 9, 1))), worker(1, 'silent'), worker(2, null)];
  const asking = new RequestAsking(() => ({ plan: { requests: null }, workers }), timers);
  const listing = asking.list(QUESTION);
  const explaining = asking.explain('none');
  await timers.advance(500);
  const { requests, missingWorkers, sample } = await listing;
  assert.deepEqual([requests.map(({ id }) => id), missingWorkers, sample], [['a'], [1, 2], null]);
  assert.deepEqual(await explaining, { missingWorkers: [1, 2] });
  assert.equal(workers[1]!.forgotten, 2, 'its answers are not wanted any more');
});

test('of two requests with one id the newer is explained', async () => {
  const workers = [worker(0, found(record('x', 5, 1))), worker(1, found(record('x', 9, 2)))];
  const answer = await new RequestAsking(() => ({ plan: { requests: null }, workers }), new VirtualTimers()).explain(
    'x',
  );
  assert.equal('durationMs' in answer && answer.durationMs, 2);
});
