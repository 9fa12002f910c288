/** Where a question is put, and its answer as it comes. */
import { useEffect, useState } from 'preact/hooks';
import { QUESTION_LENGTH_MAX } from '#contract/copilot.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { ErrorFace } from '../../components/error-face.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { ask, endAsking, exchange, type Exchange } from './conversation.ts';
import { FindingView } from './finding-view.tsx';
import { ModelText } from './model-text.tsx';
import { Proposal } from './proposal-view.tsx';
import { ToldText } from './told-text.tsx';
import './question-card.css';

const EXAMPLES = ['Why is p99 high?', 'Which backend is unhealthy?', 'Is the strategy right?', 'What does it cost?'];

export function QuestionCard() {
  const [text, setText] = useState('');
  useEffect(() => endAsking, []);
  const put = (question: string): void => {
    if (question.trim() === '') return;
    setText(question);
    void ask(question.trim());
  };
  const known = exchange.value;
  return (
    <Card title="Ask">
      <form
        class="question"
        onSubmit={(event) => {
          event.preventDefault();
          put(text);
        }}
      >
        <label class="unseen" for="copilot-question">
          Question
        </label>
        <input
          id="copilot-question"
          class="field-input"
          value={text}
          maxLength={QUESTION_LENGTH_MAX}
          placeholder="Why is p99 high? What would happen without b?"
          autocomplete="off"
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <Button type="submit" kind="primary" disabled={text.trim() === ''}>
          Ask
        </Button>
      </form>
      <Examples examples={EXAMPLES} onAsk={put} />
      {known !== null && <Answer exchange={known} onAsk={put} />}
    </Card>
  );
}

function Examples({
  examples,
  onAsk,
}: {
  readonly examples: readonly string[];
  readonly onAsk: (text: string) => void;
}) {
  return (
    <div class="question-examples">
      {examples.map((example) => (
        <Button key={example} size="small" onClick={() => onAsk(example)}>
          {example}
        </Button>
      ))}
    </div>
  );
}

interface AnswerProps {
  readonly exchange: Exchange;
  readonly onAsk: (text: string) => void;
}

function Answer({ exchange: known, onAsk }: AnswerProps) {
  const { question, texts, findings, answered, canAnswer, fault, said, uncited, looksAt, proposals, notice } = known;
  return (
    <section class="answer" aria-label={`Answer to: ${question}`} aria-live="polite" aria-busy={answered === null}>
      <h3>{question}</h3>
      {notice !== null && <p class="answer-notice">{notice}</p>}
      {said !== '' && <ModelText said={said} uncited={uncited} />}
      {proposals.map((proposal, at) => (
        <Proposal key={at} says={proposal.says} change={proposal.change} />
      ))}
      {looksAt !== null && <p class="soft">Looks at {looksAt} …</p>}
      {texts.map((told, at) => (
        <p key={at}>
          <ToldText told={told} />
        </p>
      ))}
      {findings.map((finding) => (
        <FindingView key={finding.id} finding={finding} />
      ))}
      {answered === null && fault === null && <Skeleton lines={1} label="Answering" />}
      {fault !== null && <ErrorFace fault={fault} small onRetry={() => onAsk(question)} />}
      {canAnswer.length > 0 && <Examples examples={canAnswer} onAsk={onAsk} />}
    </section>
  );
}
