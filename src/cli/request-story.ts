/** A recorded request told to a person: what was asked, each attempt with its times, and how its backend was picked. */
import type { AttemptEntry, CandidateEntry, DecisionEntry, RequestAnswer } from '#contract/requests.ts';
import { harmless, harmlessLines } from './harmless.ts';
import { missingNote } from './requests.ts';
import { table } from './table.ts';

/** Backends that are left out are named up to so many. */
const EXCLUDED_SHOWN = 20;
const CANDIDATES_SHOWN = 40;

const WHY: Readonly<Record<RequestAnswer['why'], string>> = {
  sampled: 'it was drawn',
  asked: 'an operator asked for it',
  failed: 'it failed',
  retried: 'it was tried more than once',
  slow: 'it was among the slowest',
};

export function story(answer: RequestAnswer): string {
  const { attempts, moreAttempts, refused, missingWorkers } = answer;
  const tried = attempts.map((attempt, at) => attemptText(attempt, at + 1)).join('');
  const more = moreAttempts > 0 ? `\n${moreAttempts} more attempts are not told of.\n` : '';
  const nobody = refused === null ? '' : `\nNobody to send it to: ${refused.says}.\n${decisionText(refused)}`;
  return harmlessLines(`${headText(answer)}${tried}${more}${nobody}${missingNote(missingWorkers)}`);
}

function headText(answer: RequestAnswer): string {
  const { method, target, host, status, reason, durationMs, queueMs, at, client, listener, route, worker, id } = answer;
  const said = status === 0 ? 'no answer' : String(status);
  const own = reason === null ? '' : ` (${harmless(reason)}${answer.fault === reason ? '' : `, ${answer.fault}`})`;
  const from = client === null ? '' : ` from ${harmless(client)}`;
  const where = route === '' ? `listener ${listener}, no route` : `listener ${listener}, route ${route}`;
  const queue = queueMs === null ? '' : `Stood in line for a backend for ${millis(queueMs)}.\n`;
  return [
    `${harmless(method)} ${harmless(target)}${host === '' ? '' : ` at ${harmless(host)}`}: ${said}${own} after ${millis(durationMs)}\n`,
    `Request ${harmless(id)}${from} at ${harmless(at)}, ${harmless(where)}, worker ${worker}.\n`,
    `Recorded because ${WHY[answer.why]}.${answer.traceId === '' ? '' : ` Trace ${harmless(answer.traceId)}.`}\n`,
    queue,
  ].join('');
}

function attemptText(attempt: AttemptEntry, number: number): string {
  const { backend, reason, outcome, status, startMs, backoffMs, connectMs, firstByteMs, ms, decision } = attempt;
  const times = [
    ...(backoffMs === null ? [] : [`waited ${millis(backoffMs)} before it`]),
    `began at ${millis(startMs)}`,
    ...(connectMs === null ? [] : [`connected after ${millis(connectMs)}`]),
    ...(firstByteMs === null ? [] : [`first byte after ${millis(firstByteMs)}`]),
    `over after ${millis(ms)}`,
  ];
  const answered = status === null ? '' : ` (${status})`;
  const how = decision === null ? '   How it was picked was not recorded.\n' : decisionText(decision);
  return `\n${number}. ${harmless(backend)}, ${harmless(reason)}: ${harmless(outcome)}${answered}\n   ${times.join('; ')}.\n${how}`;
}

function decisionText(decision: DecisionEntry): string {
  const { strategy, says, candidates, moreCandidates, excluded, moreExcluded, draws, key, chosen } = decision;
  const picked = chosen === null ? '' : `   Picked by ${harmless(strategy)}: ${harmless(says)}.\n`;
  const shown = candidates.slice(0, CANDIDATES_SHOWN);
  const hidden = candidates.length - shown.length + moreCandidates;
  const rows = shown.length === 0 ? '' : indented(candidateTable(shown, decision));
  const others = hidden > 0 ? `   and ${hidden} more candidates\n` : '';
  const named = excluded
    .slice(0, EXCLUDED_SHOWN)
    .map(({ backend, says: why }) => `   Left out: ${harmless(backend)}: ${harmless(why)}.\n`);
  const unnamed = excluded.length - named.length + moreExcluded;
  const rest = unnamed > 0 ? `   Left out as well: ${unnamed} more.\n` : '';
  const placed = key === null ? '' : `   Placed by the key's hash ${key}.\n`;
  const drawn = draws.length === 0 ? '' : `   Drawn: ${draws.map((draw) => draw.toFixed(6)).join(', ')}.\n`;
  return `${picked}${rows}${others}${named.join('')}${rest}${placed}${drawn}${againText(decision)}`;
}

function againText({ reproduced, chosen }: DecisionEntry): string {
  if (chosen === null || reproduced === null) return '';
  if (reproduced) return '   Made again from this record, the pick is the same.\n';
  return '   Made again from this record, the pick is another: another worker changed the counts at that moment.\n';
}

function candidateTable(candidates: readonly CandidateEntry[], { score, wins }: DecisionEntry): string {
  const rows = candidates.map(({ backend, score: own, inFlight, weight, drawn, chosen }) => [
    `${chosen ? '>' : ' '} ${harmless(backend)}`,
    own === null ? '-' : figure(own),
    String(inFlight),
    figure(weight),
    drawn ? 'drawn' : '',
  ]);
  const kind = wins === 'least' ? 'the least is taken' : 'each has its share of the chance';
  return `${table(['  BACKEND', 'SCORE', 'IN FLIGHT', 'WEIGHT', ''], rows, [1, 2, 3])}  Score: ${harmless(score)}; ${kind}.\n`;
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, ' ');
}

function figure(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function millis(ms: number): string {
  return `${Number(ms.toFixed(ms < 10 ? 2 : 1))} ms`;
}
