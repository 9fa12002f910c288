/** `edgebalancer copilot`: what is wrong and why, or the answer to a question. */
import type {
  CitedValue,
  CopilotAnswer,
  CopilotLine,
  Finding,
  ProposedChange,
  UncitedFigure,
} from '#contract/copilot.ts';
import { withAdmin } from './admin-client.ts';
import type { AdminOptions } from './admin-place.ts';
import { CommandError, ending } from './command-error.ts';
import { harmless } from './harmless.ts';
import type { Io } from './io.ts';

export interface CopilotOptions extends AdminOptions {
  readonly json?: boolean;
  /** With the readings behind each finding. */
  readonly evidence?: boolean;
}

/** A model may look at several things before it answers (`copilot.timeout` is 60 s). */
const TIMEOUT_S = 70;

export function copilot(question: string | null, options: CopilotOptions, io: Io): Promise<number> {
  return ending(io, () =>
    withAdmin(question === null ? options : { timeout: TIMEOUT_S, ...options }, io, async (client) => {
      if (question === null) {
        const found = await client.get<CopilotAnswer>('admin/copilot');
        io.stdout(
          options.json === true ? `${JSON.stringify(found, null, 2)}\n` : report(found, options.evidence === true),
        );
        return 0;
      }
      const { text } = await client.ask('POST', 'admin/copilot', {
        body: { question },
        accept: 'application/x-ndjson',
      });
      const lines = linesOf(text);
      for (const line of lines)
        io.stdout(options.json === true ? `${JSON.stringify(line)}\n` : told(line, options.evidence === true));
      const last = lines.at(-1);
      return last?.type === 'end' && last.answered ? 0 : 1;
    }),
  );
}

function linesOf(text: string): CopilotLine[] {
  try {
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as CopilotLine);
  } catch {
    throw new CommandError('The answer is not one of an admin API: each of its lines would be JSON.');
  }
}

function report({ findings, coveredS, gaps }: CopilotAnswer, withEvidence: boolean): string {
  const head =
    findings.length === 0
      ? `Nothing is wrong that the rules know of, over the past ${coveredS.toFixed(0)} s.\n`
      : findings.map((finding) => block(finding, withEvidence)).join('\n');
  return [head, ...gaps.map((gap) => `- ${harmless(gap)}\n`)].join('');
}

function told(line: CopilotLine, withEvidence: boolean): string {
  switch (line.type) {
    case 'begin':
      return '';
    case 'text':
      return `${harmless(line.told.text)}\n`;
    case 'notice':
      return `${harmless(line.text)}\n\n`;
    case 'delta':
      return harmlessLines(line.text);
    case 'tool':
      return '';
    case 'proposal':
      return `\nPROPOSED: ${harmless(line.says)}\n${changed(line.change)
        .map((text) => `    ${harmless(text)}\n`)
        .join('')}`;
    case 'finding':
      return `\n${block(line.finding, withEvidence)}`;
    case 'end':
      if (line.uncited.length > 0) return uncitedNote(line.uncited);
      return line.answered ? '' : `\n${line.canAnswer.map((example) => `- ${harmless(example)}\n`).join('')}`;
  }
}

/** A model's words may hold line ends; whatever else acts on a terminal goes. */
function harmlessLines(text: string): string {
  return text.split('\n').map(harmless).join('\n');
}

function uncitedNote(uncited: readonly UncitedFigure[]): string {
  const words = [...new Set(uncited.map(({ text }) => harmless(text)))].join(', ');
  return `\nUncited: ${words}. No tool has given ${uncited.length === 1 ? 'this figure' : 'these figures'}: do not rely on ${uncited.length === 1 ? 'it' : 'them'}.\n`;
}

function block(finding: Finding, withEvidence: boolean): string {
  const { severity, title, why, symptoms, recommendation, predicted, cost, evidence } = finding;
  const lines = [`${severity.toUpperCase()}: ${title.text}`, `  ${why.text}`];
  if (symptoms.length > 0)
    lines.push(`  It explains: ${[...new Set(symptoms.map((symptom) => symptom.title.text))].join('; ')}.`);
  if (recommendation !== null) {
    lines.push(`  Do: ${recommendation.says.text}`);
    if (recommendation.change !== null) lines.push(...changed(recommendation.change).map((text) => `      ${text}`));
  }
  if (predicted !== null) {
    const { now, then } = predicted.p99Ms;
    lines.push(
      `  Predicted: p99 ${now.mean.toFixed(1)} ms -> ${then.mean.toFixed(1)} ms (${then.low.toFixed(1)} to ${then.high.toFixed(1)}).`,
    );
  }
  if (cost !== null)
    lines.push(`  Cost: ${cost.currency} ${cost.now.value.toFixed(2)} -> ${cost.then.value.toFixed(2)} a month.`);
  if (withEvidence) lines.push('  Evidence:', ...evidence.map((value) => `    ${cited(value)}`));
  return `${lines.map(harmless).join('\n')}\n`;
}

function changed(change: ProposedChange): string[] {
  if (change.kind === 'call') return [`${change.method} ${change.path} ${JSON.stringify(change.body)}`];
  return change.set.map(({ path, value }) => `${path.join('.')}: ${JSON.stringify(value)}`);
}

function cited({ metric, labels, value, unit, windowS, source }: CitedValue): string {
  const each = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
  const span = windowS === null ? '' : ` over ${windowS.toFixed(0)} s`;
  return `${metric}${each.length === 0 ? '' : `{${each.join(',')}}`} = ${Number(value.toPrecision(4))} ${unit}${span} (${source})`;
}
