/**
 * `npm run fuzz:codec -- --sequences N [--seed S] [--threads T]`: sends N sequences through the codec and says what came
 * of them; exit 1 when one was read in two ways, with the bytes and the smallest ones that still fail. `--index I` reads
 * only that sequence of the seed again.
 */
import { parseArgs } from 'node:util';
import { CodecFuzz, type Found } from './codec-fuzz.ts';
import { CODEC } from './codec.ts';
import { runCampaign, type Campaign } from './campaign.ts';
import { acceptedShare, type Counts } from './counts.ts';
import { KNOWN_DIFFERENCES } from './known-differences.ts';
import { KINDS } from './sequence.ts';
import { escaped, shrink, type Shrunk } from './shrink.ts';

const { values } = parseArgs({
  options: {
    sequences: { type: 'string', default: '1000000' },
    seed: { type: 'string' },
    threads: { type: 'string', default: '1' },
    index: { type: 'string' },
  },
});
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const number = (count: number): string => Math.round(count).toLocaleString('en');
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

function wholeNumber(name: string, text: string, max: number): number {
  if (/^[0-9]+$/.test(text) && Number(text) <= max) return Number(text);
  process.stderr.write(`--${name} takes a whole number up to ${max}, not '${text}'.\n`);
  process.exit(2);
}

function printCounts(counts: Counts): void {
  print(`  ${'kind'.padEnd(16)}${['whole', 'ended', 'open', 'refused'].map((name) => name.padStart(12)).join('')}`);
  for (const kind of KINDS) {
    const row = counts.kinds[kind];
    const cells = [row.whole, row.ended, row.open, row.refused].map((count) => number(count).padStart(12));
    print(`  ${kind.padEnd(16)}${cells.join('')}`);
  }
}

function printFailure(seed: number, found: Found, shrunk: Shrunk): void {
  print(`\nFAILED (${found.kind}) seed ${seed}, index ${found.index}: ${found.detail}`);
  for (const [name, sequence] of [
    ['as made', found.sequence],
    ['smallest', shrunk.sequence],
  ] as const) {
    const { text, borders, method, reads, verbatim } = sequence;
    print(`  ${name}: ${reads}, ${text.length} bytes, reads end at ${borders.join() || 'the end'}`);
    print(`    ${escaped(text)}`);
    print(`    answers to ${method}; chunked bodies ${verbatim ? 'scanned for what can go on' : 'taken apart'}`);
  }
  print(`  smallest: ${shrunk.failure.detail}`);
  print(`Again: npm run fuzz:codec -- --seed ${seed} --index ${found.index}`);
}

function printEnd({ counts, seconds, failures }: Campaign): void {
  printCounts(counts);
  print(
    `${number(counts.sequences)} sequences, ${number(counts.bytes)} bytes, ${number(counts.messages)} whole messages in ` +
      `${seconds.toFixed(1)} s (${number(counts.sequences / seconds)} a second)`,
  );
  print(
    `accepted to the end ${percent(acceptedShare(counts, false))}, with open ones ${percent(acceptedShare(counts, true))}`,
  );
  print(`read by llhttp too, since something was accepted: ${number(counts.judged)}; known differences:`);
  for (const { name, why } of KNOWN_DIFFERENCES) {
    print(`  ${name.padEnd(18)}${number(counts.differences[name] ?? 0).padStart(10)}  ${why}`);
  }
  print(`disagreements: ${failures.length}`);
}

const seed = wholeNumber('seed', values.seed ?? String(Math.floor(Math.random() * 0x7fffffff)), 0xffffffff);
if (values.index !== undefined) {
  const fuzz = new CodecFuzz(CODEC, seed);
  const index = wholeNumber('index', values.index, 0x7fffffff);
  const sequence = fuzz.make(index);
  const failure = fuzz.check(sequence);
  if (failure === null) {
    print(`seed ${seed}, index ${index}: all agree about\n  ${escaped(sequence.text)}`);
  } else {
    printFailure(
      seed,
      { ...failure, index, sequence },
      shrink(sequence, failure, (candidate) => fuzz.check(candidate)),
    );
    process.exitCode = 1;
  }
} else {
  const sequences = wholeNumber('sequences', values.sequences, 0x7fffffff);
  const threads = Math.max(1, wholeNumber('threads', values.threads, 16));
  print(`seed ${seed}, ${number(sequences)} sequences, ${threads} thread${threads > 1 ? 's' : ''}`);
  const onProgress = (counts: Counts, seconds: number): void =>
    print(
      `${seconds.toFixed(0).padStart(4)} s  ${number(counts.sequences).padStart(11)} sequences  ` +
        `${number(counts.sequences / seconds).padStart(8)} a second  accepted ${percent(acceptedShare(counts, false))}`,
    );
  const campaign = await runCampaign({ seed, sequences, threads, onProgress });
  printEnd(campaign);
  for (const { found, shrunk } of campaign.failures) printFailure(seed, found, shrunk);
  if (campaign.failures.length > 0) process.exitCode = 1;
}
