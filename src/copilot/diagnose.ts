/**
 * Readings to findings: every rule is asked, what one finding brings about becomes its symptom, and the rest is ranked. Pure: the
 * same readings give the same findings, in the same order.
 *
 * A cause before its symptoms. Rules say which others they explain. Where a cause and what it explains are about the same backend, or
 * about the pool that the backend is in, the latter is no finding of its own: its evidence goes to the cause. The order of
 * rule-list.ts decides where two explain each other. A symptom's own symptoms go with it.
 * Ranking: severity, then what share of the requests it touches, then the order of the list, then names.
 * Bounds: a pool of a thousand dead backends is one problem. Of one rule and pool, EACH_MAX findings are told, and FINDINGS_MAX
 * in all: nobody reads more, and an answer stays small.
 */
import { SEVERITIES, type Finding, type FindingPlace, type Severity, type Symptom } from '#contract/copilot.ts';
import type { Draft, Rule } from './finding-draft.ts';
import type { Readings } from './readings.ts';
import { RULES } from './rule-list.ts';

export const EACH_MAX = 5;
export const FINDINGS_MAX = 50;
const SYMPTOMS_MAX = 20;
const EVIDENCE_MAX = 30;

/** A finding with what may be asked about it elsewhere. */
export interface Diagnosis {
  readonly finding: Finding;
  readonly whatIf: NonNullable<Draft['whatIf']> | null;
  readonly supposes: NonNullable<Draft['supposes']> | null;
}

interface Found {
  readonly rule: Rule;
  readonly rank: number;
  readonly draft: Draft;
  readonly symptoms: Found[];
}

export function diagnose(readings: Readings, rules: readonly Rule[] = RULES): Diagnosis[] {
  const found = rules.flatMap((rule, rank) =>
    few(rule.check(readings)).map((draft) => ({ rule, rank, draft, symptoms: [] }) as Found),
  );
  return causesOf(found).toSorted(compare).slice(0, FINDINGS_MAX).map(diagnosis);
}

/** The first of each pool. */
function few(drafts: readonly Draft[]): Draft[] {
  const counts = new Map<string, number>();
  return drafts.filter(({ place: { pool = '' } }) => {
    const count = (counts.get(pool) ?? 0) + 1;
    counts.set(pool, count);
    return count <= EACH_MAX;
  });
}

/** Those that no other one explains, each with what it explains. */
function causesOf(found: readonly Found[]): Found[] {
  const causes: Found[] = [];
  for (const one of found) {
    const known = causes.find((cause) => explains(cause, one));
    if (known === undefined) causes.push(one);
    else known.symptoms.push(one, ...one.symptoms);
    // What was a cause until now may be explained by the new one, or by the cause that the new one belongs to.
    const cause = known ?? one;
    for (const other of causes.filter((another) => another !== cause && explains(cause, another))) {
      causes.splice(causes.indexOf(other), 1);
      cause.symptoms.push(other, ...other.symptoms);
    }
  }
  return causes;
}

/** By itself, or through what it brings about. */
function explains(cause: Found, other: Found): boolean {
  return [cause, ...cause.symptoms].some(
    ({ rule, draft }) => rule.explains.includes(other.rule.name) && concerns(draft.place, other.draft.place),
  );
}

/** Whether what happens at `cause` can be felt at `other`: the same backend, its pool, or anything where the cause has no place. */
function concerns(cause: FindingPlace, other: FindingPlace): boolean {
  if (cause.pool === undefined) return true;
  if (other.pool === undefined) return false;
  return (
    cause.pool === other.pool &&
    (cause.backend === undefined || other.backend === undefined || cause.backend === other.backend)
  );
}

function compare(a: Found, b: Found): number {
  return (
    gravity(a) - gravity(b) ||
    hundredths(b.draft.touches) - hundredths(a.draft.touches) ||
    a.rank - b.rank ||
    (idOf(a) < idOf(b) ? -1 : 1)
  );
}

/** Place in `SEVERITIES`: a cause is as bad as the worst that it brings about. */
function gravity({ draft, symptoms }: Found): number {
  return Math.min(
    ...[draft, ...symptoms.map((symptom) => symptom.draft)].map(({ severity }) => SEVERITIES.indexOf(severity)),
  );
}

/** What touches nearly as much touches as much. */
function hundredths(share: number): number {
  return Math.round(share * 100);
}

function idOf({ rule, draft: { place } }: Found): string {
  const parts = [place.listener, place.rateLimit, place.route, place.pool, place.backend].filter(
    (part) => part !== undefined,
  );
  return [rule.name, ...parts.map(encodeURIComponent)].join(':');
}

function diagnosis(found: Found): Diagnosis {
  const { rule, draft, symptoms } = found;
  const { place, title, why, evidence, recommendation, whatIf = null, supposes = null } = draft;
  const finding: Finding = {
    id: idOf(found),
    rule: rule.name,
    severity: SEVERITIES[gravity(found)] as Severity,
    place,
    title,
    why,
    evidence: [...evidence, ...symptoms.flatMap((symptom) => symptom.draft.evidence)].slice(0, EVIDENCE_MAX),
    symptoms: symptoms.slice(0, SYMPTOMS_MAX).map(symptomOf),
    recommendation,
    predicted: null,
    cost: null,
  };
  return { finding, whatIf, supposes };
}

function symptomOf({ rule, draft: { place, title } }: Found): Symptom {
  return { rule: rule.name, place, title };
}
