import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedBackend } from './backend.ts';
import { backend } from './scenarios.ts';

test('serves as many as it has slots side by side, the rest first come first served', () => {
  const server = new SimulatedBackend(backend({ slots: 2 }));
  assert.equal(server.accept(0, 10, 0), 10);
  assert.equal(server.accept(1, 30, 0), 30);
  assert.equal(server.accept(2, 5, 1), Infinity);
  assert.equal(server.accept(3, 5, 2), Infinity);
  assert.deepEqual(server.release(10), { request: 2, doneMs: 15 });
  assert.deepEqual(server.release(15), { request: 3, doneMs: 20 });
  assert.equal(server.release(20), undefined);
  assert.equal(server.accept(4, 7, 21), 28);
});

test('a request takes longer the longer the backend was idle, and at the start', () => {
  const server = new SimulatedBackend(backend({ slots: 2, coldMs: 10, coolsMs: 500 }));
  assert.equal(server.accept(0, 1, 0), 11);
  assert.equal(server.accept(1, 1, 5), 16, 'beside one that has not ended it is as cold');
  server.release(11);
  server.release(16);
  assert.equal(server.accept(2, 1, 16), 17);
  server.release(17);
  const late = server.accept(3, 1, 517) - 517;
  assert.ok(Math.abs(late - 1 - 10 * (1 - Math.exp(-1))) < 1e-9, `${late}`);
});

test('a long line keeps its order', () => {
  const server = new SimulatedBackend(backend({ slots: 1 }));
  server.accept(0, 1, 0);
  for (let request = 1; request <= 5000; request++) server.accept(request, 1, 0);
  for (let request = 1; request <= 5000; request++) {
    assert.deepEqual(server.release(request), { request, doneMs: request + 1 });
  }
  assert.equal(server.release(5001), undefined);
});

test('work takes longer while it is slow, and stands still while it is frozen', () => {
  const changes = [
    { fromMs: 100, speed: 0.5 },
    { fromMs: 200, speed: 0 },
    { fromMs: 300, speed: 1 },
  ];
  const doneAt = (workMs: number, nowMs: number): number =>
    new SimulatedBackend(backend({ speed: 2, changes })).accept(0, workMs, nowMs);
  assert.equal(doneAt(40, 0), 20);
  assert.equal(doneAt(200, 0), 100);
  assert.equal(doneAt(220, 0), 140);
  assert.equal(doneAt(260, 0), 310);
  assert.equal(doneAt(10, 150), 170);
  assert.equal(doneAt(10, 250), 310);
  assert.equal(doneAt(10, 400), 410);
});

test('fails the requests whose fate it is, while it fails', () => {
  const failures = [{ fromMs: 10, toMs: 20, answerMs: 1, share: 0.3 }];
  const server = new SimulatedBackend(backend({ failures }));
  assert.equal(server.failing(9, 0), undefined);
  assert.equal(server.failing(10, 0.29), failures[0]);
  assert.equal(server.failing(10, 0.3), undefined);
  assert.equal(server.failing(20, 0), undefined);
});
