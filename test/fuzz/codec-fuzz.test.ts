/** A slice of the codec fuzzer that fits into `npm test`, and proof that it can fail. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as broken from './broken-codecs.ts';
import { runCampaign } from './campaign.ts';
import { CODEC, type Codec } from './codec.ts';
import { CodecFuzz, type Failure } from './codec-fuzz.ts';
import { CodecReader } from './codec-reader.ts';
import { KNOWN_DIFFERENCES } from './known-differences.ts';
import { steepestGrowth } from './linear-time.ts';
import { SecondOpinion } from './second-opinion.ts';
import type { Sequence } from './sequence.ts';
import { escaped, shrink, type Shrunk } from './shrink.ts';

/** For machines that are busy or slow: what was run by then is enough. */
const SLICE_MS = 5000;
const BLOCK = 1000;

// A refusal of llhttp is an Error; its stack would cost more than the parse.
const { stackTraceLimit } = Error;
before(() => void (Error.stackTraceLimit = 0));
after(() => void (Error.stackTraceLimit = stackTraceLimit));

function sequence(text: string, reads: Sequence['reads'] = 'requests', method = 'GET'): Sequence {
  return { kind: 'noise', reads, text, method, borders: [], verbatim: false };
}

/** The first failure of a codec, made small. */
function firstFailure(codec: Codec, sequences: number): Shrunk & { readonly originalBytes: number } {
  const fuzz = new CodecFuzz(codec, 1);
  const found = fuzz.run(0, sequences);
  assert.ok(found !== null, 'nothing was found');
  const shrunk = shrink(found.sequence, found, (candidate) => fuzz.check(candidate));
  return { ...shrunk, originalBytes: found.sequence.text.length };
}

for (const [name, seed, sequences] of [
  ['a fixed seed', 20_260_101, 100_000],
  ['a fresh seed', Math.floor(Math.random() * 0x7fffffff), 200_000],
] as const) {
  test(`codec, strict reading and llhttp agree, whole and in pieces: ${name}`, (t) => {
    const fuzz = new CodecFuzz(CODEC, seed);
    const end = performance.now() + SLICE_MS;
    let at = 0;
    for (; at < sequences && performance.now() < end; at += BLOCK) {
      const found = fuzz.run(at, at + BLOCK);
      if (found === null) continue;
      const { failure, sequence: small } = shrink(found.sequence, found, (candidate) => fuzz.check(candidate));
      const again = `npm run fuzz:codec -- --seed ${seed} --index ${found.index}`;
      assert.fail(`${failure.kind}: ${failure.detail}\n${escaped(small.text)}\n${again}`);
    }
    t.diagnostic(`seed ${seed}: ${at} sequences, ${fuzz.counts.messages} whole messages`);
    assert.ok(fuzz.counts.messages > at / 10, 'enough of them are accepted');
  });
}

test('the same seed and index make the same sequence, alone or after others', () => {
  const fuzz = new CodecFuzz(CODEC, 7);
  const all = Array.from({ length: 50 }, (_, index) => fuzz.make(index));
  for (const index of [49, 3, 17]) assert.deepEqual(new CodecFuzz(CODEC, 7).make(index), all[index]);
  assert.ok(new Set(all.map(({ text }) => text)).size > 45);
});

describe('a broken codec is found and its input made small', () => {
  const cases: readonly (readonly [name: string, codec: Codec, kinds: readonly Failure['kind'][], bytes: number])[] = [
    ['a bare LF ends a line', broken.BARE_LF, ['oracle'], 24],
    ['a byte of payload is lost', broken.LOST_BYTE, ['oracle', 'borders'], 70],
    ['it refuses instead of waiting', broken.IMPATIENT, ['borders', 'oracle'], 32],
    ['it reads what has not come', broken.TOO_FAR, ['bounds', 'borders', 'oracle'], 40],
    ['it throws', broken.THROWING, ['threw'], 1],
    ['it stands still', broken.IDLE, ['progress'], 70],
    ['a trailer passes that must not', broken.LAX_TRAILERS, ['oracle', 'borders'], 90],
  ];
  for (const [name, codec, kinds, bytes] of cases) {
    test(name, (t) => {
      const { failure, sequence: small, originalBytes } = firstFailure(codec, 20_000);
      t.diagnostic(`${failure.kind}, ${originalBytes} bytes to ${small.text.length}: ${escaped(small.text)}`);
      assert.ok(kinds.includes(failure.kind), `${failure.kind}: ${failure.detail}`);
      assert.ok(small.text.length <= bytes, `${small.text.length} bytes: ${escaped(small.text)}`);
      assert.ok(small.borders.length <= 2);
    });
  }
});

describe('llhttp as a second opinion', () => {
  const llhttp = new SecondOpinion();
  const read = (one: Sequence) => new CodecReader(CODEC).whole(one).messages;
  const chunked = sequence(
    'POST /a HTTP/1.1\r\nHost: a\r\nX: b\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nT: u\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n',
  );

  test('agrees with a right reading and with no other', () => {
    const [first, second] = read(chunked);
    assert.ok(first !== undefined && second !== undefined);
    assert.equal(llhttp.judge(chunked.text, [first, second], chunked), null);
    const wrong = [
      { ...first, head: first.head.replace('/a', '/b') },
      { ...first, head: first.head.replace('X:b', 'X:c') },
      { ...first, payload: 'hellO' },
      { ...first, keepAlive: false },
      { ...first, upgrade: true },
      { ...first, end: first.end - 1 },
      { ...first, end: first.end + 1 },
      { ...first, sent: first.sent.replace('T: u', 'T: v') },
      { ...first, complete: false },
    ];
    for (const message of wrong) assert.notEqual(llhttp.judge(chunked.text, [message, second], chunked), null);
  });

  test('refuses what a lenient codec would take', () => {
    const [first] = read(sequence('GET / HTTP/1.1\r\nHost: a\r\nX: b c\r\n\r\n'));
    assert.ok(first !== undefined);
    const folded = sequence('GET / HTTP/1.1\r\nHost: a\r\nX: b\n c\r\n\r\n');
    const message = { ...first, headEnd: folded.text.length, end: folded.text.length };
    assert.match(llhttp.judge(folded.text, [message], folded)?.what ?? '', /^HPE_/);
  });

  /** One sequence for each known difference: without it, the list would hide more than it must. */
  const EXAMPLES: Readonly<Record<string, Sequence>> = {
    method: sequence('GETX / HTTP/1.1\r\nHost: a\r\n\r\n'),
    interim: sequence('HTTP/1.1 150\r\nContent-Length: 5\r\n\r\n', 'responses'),
    close: sequence('GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n'),
    upgrade: sequence('GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: a\r\n\r\n'),
    'upgrade-to-nothing': sequence('GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: ,\r\n\r\n'),
    'proxy-connection': sequence('GET / HTTP/1.1\r\nHost: a\r\nProxy-Connection: close\r\n\r\n'),
    tab: sequence('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\t\r\n\r\n'),
    dropped: sequence('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0 ;a\r\n\r\n'),
  };
  for (const { name, covers } of KNOWN_DIFFERENCES) {
    test(`still differs as listed: ${name}`, () => {
      const example = EXAMPLES[name];
      assert.ok(example !== undefined);
      const disagreement = llhttp.judge(example.text, read(example), example);
      assert.ok(disagreement !== null, 'llhttp agrees now: take it off the list');
      if (name !== 'dropped') assert.ok(covers(disagreement, example));
      assert.equal(new CodecFuzz(CODEC, 1).check(example), null);
    });
  }
});

test('time grows with the length of the input and no faster', (t) => {
  const { name, factor } = steepestGrowth(CODEC);
  t.diagnostic(`at most ${factor.toFixed(1)} times per byte, for ${name}`);
  assert.ok(factor < 6, `${name}: ${factor.toFixed(1)} times per byte`);
  assert.ok(steepestGrowth(broken.QUADRATIC).factor > 6, 'a quadratic codec is seen');
});

describe('a run over threads', () => {
  const from = new URL('./broken-codecs.ts', import.meta.url).href;

  test('counts every sequence once', async () => {
    const { counts, failures } = await runCampaign({ seed: 3, sequences: 20_001, threads: 2 });
    assert.deepEqual([counts.sequences, failures.length], [20_001, 0]);
  });

  test('ends with the failure that a thread found', async () => {
    const { failures } = await runCampaign({ seed: 3, sequences: 200_000, threads: 2, codec: [from, 'BARE_LF'] });
    assert.ok(failures.length > 0 && failures.every(({ found }) => /oracle|borders/.test(found.kind)));
    assert.ok(failures[0]!.shrunk.sequence.text.length <= 24);
  });

  test('names the sequence at which the codec hangs', async () => {
    const options = { seed: 3, sequences: 50_000, threads: 1, codec: [from, 'ENDLESS'], hangMs: 600 } as const;
    const { failures } = await runCampaign(options);
    assert.equal(failures.length, 1);
    assert.equal(failures[0]!.found.kind, 'hang');
    assert.match(failures[0]!.found.sequence.text, /^TR|\nTR/);
  });
});
