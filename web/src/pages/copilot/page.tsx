/** What is wrong now and why, what to change; and answers to questions. */
import type { CopilotAnswer } from '#contract/copilot.ts';
import { Card } from '../../components/card.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { ErrorFace } from '../../components/error-face.tsx';
import { PageHead } from '../../components/page-head.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { read } from '../../data/client.ts';
import { resource, useResource } from '../../data/resource.ts';
import { stateTurns } from '../../data/state-changes.ts';
import { FindingView } from './finding-view.tsx';
import { IncidentList } from './incident-list.tsx';
import { QuestionCard } from './question-card.tsx';
import './page.css';

/** Findings look back on a minute. */
const EVERY_MS = 5_000;

const copilot = resource<CopilotAnswer>((signal) => read('admin/copilot', { signal }), {
  everyMs: EVERY_MS,
  on: [stateTurns],
});

export default function CopilotPage() {
  const { value, fault, isStale, refresh } = useResource(copilot);
  const answer = value.value;
  return (
    <>
      <PageHead title="Copilot" says="What is wrong now and why, what to change, and what that would do">
        {answer !== null && (
          <span class="soft">
            Provider <strong>{answer.provider}</strong>,{' '}
            {answer.model === null ? 'no model' : <>model {answer.model}</>}
          </span>
        )}
      </PageHead>
      <div class="page">
        <QuestionCard />
        {answer !== null ? (
          <Findings answer={answer} stale={isStale.value} />
        ) : fault.value === null ? (
          <Skeleton lines={6} label="Loading the findings" />
        ) : (
          <ErrorFace fault={fault.value} onRetry={() => void refresh()} />
        )}
      </div>
    </>
  );
}

function Findings({ answer, stale }: { readonly answer: CopilotAnswer; readonly stale: boolean }) {
  const { findings, coveredS, windowS, gaps, rules } = answer;
  return (
    <>
      <Card title={`Findings${findings.length === 0 ? '' : ` (${findings.length})`}`} stale={stale} flush>
        {findings.length === 0 ? (
          <EmptyState icon="copilot" title="Nothing is wrong that the rules know of">
            Over the past {coveredS.toFixed(0)} s.
          </EmptyState>
        ) : (
          <div class="findings">
            {findings.map((finding) => (
              <FindingView key={finding.id} finding={finding} />
            ))}
          </div>
        )}
      </Card>
      <IncidentList />
      <details class="copilot-method">
        <summary>What is looked for, and what could not be</summary>
        <p>
          Explicit rules over the counts of the past {windowS.toFixed(0)} s ({coveredS.toFixed(0)} s so far), compared
          with the five such times before. Each number is a reading: rest on it, or open the evidence, to see where it
          is from.
        </p>
        <ul>
          {gaps.map((gap) => (
            <li key={gap}>{gap}</li>
          ))}
        </ul>
        <dl>
          {rules.map(({ name, summary }) => (
            <div key={name}>
              <dt>
                <code>{name}</code>
              </dt>
              <dd>{summary}</dd>
            </div>
          ))}
        </dl>
      </details>
    </>
  );
}
