/** What the marks on the charts stand for, in words: changes of health and circuits, configurations, workers. */
import { Card } from '../../components/card.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import type { HistoryAnswer } from '#contract/history.ts';
import { marks, type Mark } from '../../data/marks.ts';
import { moment } from '../../format/times.ts';
import './happenings.css';

/** The newest; more would bury the page. */
const SHOWN_MAX = 50;

export function marksIn({ from, to }: HistoryAnswer, all: readonly Mark[]): Mark[] {
  const [fromS, toS] = [Date.parse(from) / 1000, Date.parse(to) / 1000];
  return all.filter(({ at }) => at >= fromS && at <= toS);
}

export function Happenings({ answer }: { readonly answer: HistoryAnswer }) {
  const here = marksIn(answer, marks.value).toReversed();
  return (
    <Card title="What happened" actions={<span class="soft">marks on the charts</span>}>
      {here.length === 0 ? (
        <EmptyState title="No change of state in this range">
          Health, circuits, configurations and workers would be listed here.
        </EmptyState>
      ) : (
        <ol class="happenings">
          {here.slice(0, SHOWN_MAX).map(({ at, label, tone }) => (
            <li key={`${at} ${label}`} class={`happening happening-${tone}`}>
              <time dateTime={new Date(at * 1000).toISOString()}>{moment(at * 1000)}</time>
              <span>{label}</span>
            </li>
          ))}
        </ol>
      )}
      {here.length > SHOWN_MAX && <p class="soft">{here.length - SHOWN_MAX} older ones are not listed.</p>}
    </Card>
  );
}
