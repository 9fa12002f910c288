import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { crc32, utf8 } from '../math/hash.ts';
import type { StrategyEnv } from '../strategy.ts';
import { KetamaRing } from './ketama-ring.ts';
import { ringHash } from './ring-hash.ts';
import { TestPool } from './test-pool.ts';

/**
 * Where nginx 1.22.1 sent the keys key-0 to key-199 with `hash $arg_key consistent` and the servers 127.0.0.1:28101 (a),
 * 127.0.0.1:28102 (b) and 127.0.0.1:28103 (c): as recorded from its answers, all with weight 1, and b with weight 2.
 */
const NGINX_EQUAL =
  'cccbbcabcacaabcbcaccbbcbccbcabcacbabccacaaabccabaacabcacabaaabaababbbacbacaabcbbbcccbbaaaacabbcbccaabaabacccaaaabaabcaacaaacaabaacbaabcaaabbabcbcbcaccbccabbcccaabacbcbabcaccbbcabcaabcbbabbacbacbbccccc';
const NGINX_WEIGHTED =
  'cccbbcabbacaabcbcacbbbcbbcbbabcacbabccabababbcbbabcabcababaaabaabbbbbbbbabaabbbbbccbbbaaaacbbbbbccaabbabacccaaabbabbcaababbcbbbaacbbabcaaabbabcbcbcbcbbccbbbcccaabbbbbbabcaccbbcabcaabbbbabbabbacbbccccc';

const LETTERS: Record<number, string> = { 4: 'a', 7: 'b', 2: 'c' };

interface Ring {
  pick(key: string): number;
  pickAmong(slots: readonly number[], key: string): number;
  update(slots: readonly number[], weights?: Readonly<Record<number, number>>): void;
}

/** A ring over the servers above, in slots that are not in their order. */
function ringOf(names: (slot: number) => string): Ring {
  const weight = new Float64Array(64).fill(1);
  const env: StrategyEnv = {
    params: {},
    inFlight: new Int32Array(64),
    weight,
    rows: {},
    words: {},
    worker: 0,
    random: () => assert.fail('a hash draws no lots'),
    nameOf: names,
  };
  const strategy = ringHash.create(env);
  const hash = (key: string): number => crc32(utf8(key), 0, utf8(key).length);
  return {
    pick: (key) => strategy.pick(hash(key), 0),
    pickAmong: (slots, key) => strategy.pickAmong(Int32Array.from(slots), slots.length, hash(key), 0),
    update: (slots, weights = {}) => {
      for (const [slot, value] of Object.entries(weights)) weight[Number(slot)] = value;
      strategy.update(Int32Array.from(slots), slots.length, 0);
    },
  };
}

const nginxRing = (): Ring => ringOf((slot) => `127.0.0.1:2810${{ 4: 1, 7: 2, 2: 3 }[slot]}`);
const KEYS = Array.from({ length: 200 }, (_, at) => `key-${at}`);
const letters = (ring: Ring): string => KEYS.map((key) => LETTERS[ring.pick(key)]).join('');

test('agrees with nginx for 200 keys, equal and weighted', () => {
  const ring = nginxRing();
  ring.update([4, 7, 2]);
  assert.equal(letters(ring), NGINX_EQUAL);
  ring.update([4, 7, 2], { 7: 2 });
  assert.equal(letters(ring), NGINX_WEIGHTED);
  ring.update([2, 4, 7], { 7: 1 });
  assert.equal(letters(ring), NGINX_EQUAL, 'a lower weight again, in another order');
});

/** nginx's algorithm once more, written plainly: sorted points of the servers that are up. */
function plainKetama(servers: readonly { name: string; weight: number }[], key: string): string {
  const points: { hash: number; name: string }[] = [];
  for (const { name, weight } of servers) {
    const colon = name.lastIndexOf(':');
    let before = Buffer.alloc(4);
    for (let point = 0; point < weight * 160; point++) {
      const hash = zlibCrc32(Buffer.concat([Buffer.from(`${name.slice(0, colon)}\0${name.slice(colon + 1)}`), before]));
      points.push({ hash, name });
      before = Buffer.alloc(4);
      before.writeUInt32LE(hash);
    }
  }
  points.sort((a, b) => a.hash - b.hash);
  const hash = zlibCrc32(key);
  return (points.find((point) => point.hash >= hash) ?? points[0]).name;
}

test('agrees with a plain ketama over any servers, while some are down', () => {
  const server = fc.record({ port: fc.integer({ min: 1, max: 65535 }), weight: fc.integer({ min: 1, max: 3 }) });
  const servers = fc.uniqueArray(server, { minLength: 1, maxLength: 6, selector: ({ port }) => port });
  fc.assert(
    fc.property(servers, fc.array(fc.string(), { maxLength: 10 }), fc.nat(), (list, keys, down) => {
      const nameOf = (slot: number): string => `backend-${slot}.test:${list[slot].port}`;
      const ring = ringOf(nameOf);
      const all = list.map((_, slot) => slot);
      ring.update(all, Object.fromEntries(list.map(({ weight }, slot) => [slot, weight])));
      const up = list.length > 1 ? all.filter((slot) => slot !== down % list.length) : all;
      const plain = (slots: readonly number[], key: string): string =>
        plainKetama(
          slots.map((slot) => ({ name: nameOf(slot), weight: list[slot].weight })),
          key,
        );
      for (const key of keys) {
        assert.equal(nameOf(ring.pick(key)), plain(all, key));
        assert.equal(nameOf(ring.pickAmong(up, key)), plain(up, key));
      }
      ring.update(up);
      for (const key of keys) assert.equal(nameOf(ring.pick(key)), plain(up, key));
    }),
    { numRuns: 30 },
  );
});

test('a weight that ramps up arrives at the ring of its full weight', () => {
  const ramped = nginxRing();
  for (let weight = 0.1; weight < 9; weight += 0.35) ramped.update([4, 7, 2], { 7: weight, 4: 3 });
  ramped.update([4, 7, 2], { 7: 9 });
  const direct = nginxRing();
  direct.update([4, 7, 2], { 7: 9, 4: 3 });
  assert.equal(letters(ramped), letters(direct));
});

test('a slot that is given to another backend takes that one’s points', () => {
  let last = '28103';
  const nameOf = (slot: number): string => `127.0.0.1:${slot === 2 ? last : { 4: '28101', 7: '28102' }[slot]}`;
  const ring = ringOf(nameOf);
  ring.update([4, 7, 2]);
  last = '9';
  ring.update([4, 7, 2]);
  const fresh = ringOf(nameOf);
  fresh.update([4, 7, 2]);
  assert.equal(letters(ring), letters(fresh));
});

test('weights beyond what a ring may hold are scaled down alike', () => {
  const pool = new TestPool(ringHash);
  pool.update([1, 2], { 1: 8000, 2: 4000 });
  let first = 0;
  for (let key = 0; key < 3000; key++) if (pool.pick(0, Math.imul(key, 0x9e3779b9) >>> 0) === 1) first++;
  assert.ok(Math.abs(first / 3000 - 2 / 3) < 0.02, `${first} of 3000`);
});

test('a key on a point belongs to that point, one above the last to the first', () => {
  const ring = new KetamaRing([
    { owner: 1, name: 'a:1', points: 160 },
    { owner: 2, name: 'b:1', points: 160 },
  ]);
  ring.points.forEach((point, place) => {
    assert.equal(ring.find(point), place);
    assert.equal(ring.find(point + 1), (place + 1) % 320);
  });
  assert.equal(ring.find(0), 0);
});
