/** Why that backend: the sentence first, then who was left out, then the figures that the strategy went by. */
import type { CandidateEntry, DecisionEntry } from '#contract/requests.ts';
import { count, share, UNKNOWN } from '../../format/figures.ts';
import './decision-view.css';

export function DecisionView({ decision, title }: { readonly decision: DecisionEntry; readonly title: string }) {
  const { says, excluded, moreExcluded, candidates, moreCandidates, wins, score, reproduced } = decision;
  return (
    <section class="decision" aria-label={title}>
      <h3>{title}</h3>
      <p>{sentence(says)}</p>
      {decision.panic && (
        <p class="decision-remark">So few backends were eligible that circuits did not count (panic).</p>
      )}
      {decision.lastResort && <p class="decision-remark">No backend was eligible: it is the last resort.</p>}
      {excluded.length > 0 && (
        <ul class="decision-excluded">
          {excluded.map((one) => (
            <li key={one.backend}>
              <strong>{one.backend}</strong> was left out: {one.says}
            </li>
          ))}
          {moreExcluded > 0 && <li>{count(moreExcluded)} more were left out.</li>}
        </ul>
      )}
      {candidates.length > 0 && (
        <div class="decision-candidates" tabIndex={0} role="group" aria-label={`${title}: candidates`}>
          <table>
            <thead>
              <tr>
                <th scope="col">Candidate</th>
                <th scope="col" class="number">
                  {wins === 'chance' ? 'Chance' : 'Score'}
                </th>
                <th scope="col" class="number">
                  In flight
                </th>
                <th scope="col" class="number">
                  Weight
                </th>
                <th scope="col">What was known of it</th>
              </tr>
            </thead>
            <tbody>
              {candidates.map((one) => (
                <Candidate key={one.backend} candidate={one} wins={wins} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {moreCandidates > 0 && <p class="soft">{count(moreCandidates)} more candidates are not listed.</p>}
      <details>
        <summary>Figures behind it</summary>
        <ul>
          {score !== '' && (
            <li>
              {wins === 'chance' ? 'Chance' : 'Score'}: {score};{' '}
              {wins === 'least' ? 'the least wins' : 'the backend is drawn by it'}.
            </li>
          )}
          <li>
            {decision.strategy}
            {Object.keys(decision.params).length > 0 && `, ${pairs(decision.params)}`}
          </li>
          {decision.draws.length > 0 && <li>Drawn: {decision.draws.map((draw) => draw.toFixed(4)).join(', ')}</li>}
          {decision.key !== null && <li>Placed by the hash {decision.key}</li>}
          {Object.keys(decision.state).length > 0 && <li>The strategy knew: {pairs(decision.state)}</li>}
          <li>{REPRODUCED[String(reproduced)]}</li>
        </ul>
      </details>
    </section>
  );
}

const REPRODUCED: Readonly<Record<string, string>> = {
  true: 'The pick was made again from this record, and came out the same.',
  false: 'The pick was made again from this record, and came out differently: please report it.',
  null: 'The record does not hold enough to make the pick again.',
};

function Candidate({ candidate, wins }: { readonly candidate: CandidateEntry; readonly wins: DecisionEntry['wins'] }) {
  const { backend, score, inFlight, weight, drawn, chosen, inputs } = candidate;
  const marks = [chosen && 'picked', drawn && 'drawn'].filter((mark) => mark !== false);
  return (
    <tr class={chosen ? 'decision-chosen' : ''}>
      <th scope="row">
        {backend}
        {marks.map((mark) => (
          <span key={mark} class="decision-mark">
            {mark}
          </span>
        ))}
      </th>
      <td class="number">{score === null ? UNKNOWN : wins === 'chance' ? share(score) : digits(score)}</td>
      <td class="number">{count(inFlight)}</td>
      <td class="number">{digits(weight)}</td>
      <td>{pairs(inputs) || UNKNOWN}</td>
    </tr>
  );
}

/** As it begins a paragraph. */
function sentence(text: string): string {
  const ended = text.endsWith('.') ? text : `${text}.`;
  return ended.charAt(0).toUpperCase() + ended.slice(1);
}

function pairs(values: Readonly<Record<string, number | string | boolean>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${typeof value === 'number' ? digits(value) : String(value)}`)
    .join(', ');
}

function digits(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}
