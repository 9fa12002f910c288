/** What the copilot of `fixedAdmin` says: one finding, out of readings that never change. */
import type { CitedValue, CopilotAnswer, CopilotLine, Finding, Told } from '#contract/copilot.ts';

const told = (text: string): Told => ({ text, cites: [] });

const value = (metric: string, number: number, unit: CitedValue['unit'], backend: string): CitedValue => ({
  metric,
  labels: { pool: 'app', backend },
  value: number,
  unit,
  windowS: 60,
  source: 'GET /metrics',
  of: [],
});

const FINDING: Finding = {
  id: 'brown-out:app:b',
  rule: 'brown-out',
  severity: 'warning',
  place: { pool: 'app', backend: 'b' },
  title: told('`b` of `app` is 12.4 times slower than its peers'),
  why: told(
    'Its attempts take 131 ms on average, those of its peers 10.6 ms. It is slow as a rule: 97 % of its attempts are above what only 1.2 % of theirs are.',
  ),
  evidence: [value('mean time of attempts', 131.2, 'ms', 'b'), value('mean time of attempts', 10.6, 'ms', 'peers')],
  symptoms: [],
  recommendation: {
    says: told(
      'Look at `b` itself: disk, memory, neighbours, what it waits for. Take it out meanwhile; its peers carry on.',
    ),
    change: { kind: 'call', method: 'PATCH', path: '/admin/backends/app/b', body: { state: 'maintenance' } },
  },
  predicted: null,
  cost: null,
};

export const COPILOT: CopilotAnswer = {
  provider: 'builtin',
  model: null,
  at: '2026-03-01T12:00:00.000Z',
  windowS: 60,
  coveredS: 62,
  findings: [FINDING],
  rules: [{ name: 'brown-out', summary: 'one backend answers, but much more slowly than its peers' }],
  gaps: [],
};

const LINES: readonly CopilotLine[] = [
  { type: 'begin', provider: 'builtin', model: null, at: COPILOT.at, question: 'slow?' },
  { type: 'text', told: told('By route: `app` p50 11.2 ms, p99 140 ms.') },
  { type: 'finding', finding: FINDING },
  { type: 'end', answered: true, canAnswer: [], uncited: [], tokens: null },
];

export const COPILOT_LINES: string = LINES.map((line) => `${JSON.stringify(line)}\n`).join('');
