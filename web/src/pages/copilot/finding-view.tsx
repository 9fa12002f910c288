/** One finding: what it is, why it is said, on which figures, and what to do. */
import type { CitedValue, Finding, Severity } from '#contract/copilot.ts';
import { count, millis, money, share } from '../../format/figures.ts';
import { Link } from '../../routing/link.tsx';
import { Predicted } from './predicted.tsx';
import { Proposal } from './proposal-view.tsx';
import { nameOf, ToldText } from './told-text.tsx';
import '../../components/state-badge.css';
import './finding-view.css';

export function FindingView({ finding }: { readonly finding: Finding }) {
  const { severity, title, why, symptoms, recommendation, predicted, cost, place } = finding;
  return (
    <article class={`finding finding-${severity}`} aria-label={title.text.replaceAll('`', '')}>
      <header>
        <SeverityBadge severity={severity} />
        <h3>
          <ToldText told={title} />
        </h3>
      </header>
      <p>
        <ToldText told={why} />
      </p>
      {symptoms.length > 0 && (
        <p class="soft">
          It explains:{' '}
          {symptoms.map(({ rule, title: told }, at) => (
            <span key={`${rule} ${at}`}>
              {at > 0 && '; '}
              <ToldText told={told} />
            </span>
          ))}
          .
        </p>
      )}
      {recommendation !== null && <Advice finding={finding} />}
      {predicted !== null && <Predicted effect={predicted} />}
      {cost !== null && (
        <p>
          <strong>Cost:</strong> {money(cost.now.value, cost.currency)} → {money(cost.then.value, cost.currency)} a
          month.
        </p>
      )}
      <footer>
        <Evidence values={finding.evidence} />
        {place.backend !== undefined && place.pool !== undefined && (
          <Link to="control-plane" query={{ backend: `${place.pool}/${place.backend}` }}>
            Look at {place.pool}/{place.backend}
          </Link>
        )}
      </footer>
    </article>
  );
}

function Advice({ finding: { recommendation, predicted } }: { readonly finding: Finding }) {
  if (recommendation === null) return null;
  const { says, change } = recommendation;
  const told = <ToldText told={says} />;
  if (change !== null) return <Proposal says={told} change={change} predicted={predicted} />;
  return (
    <p>
      <strong>Do:</strong> {told}
    </p>
  );
}

const SHAPES: Readonly<Record<Severity, string>> = {
  critical: 'M2 2l8 8M10 2l-8 8',
  warning: 'M6 1.5 11 10H1zM6 5v2M6 8.5v.01',
  advice: 'M6 1.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM6 5.5v2.5M6 4v.01',
};
const TONES: Readonly<Record<Severity, string>> = { critical: 'bad', warning: 'warn', advice: 'calm' };

function SeverityBadge({ severity }: { readonly severity: Severity }) {
  return (
    <span class={`state-badge state-badge-${TONES[severity]}`}>
      <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
        <path d={SHAPES[severity]} fill="none" stroke="currentColor" stroke-width="1.3" stroke-linecap="round" />
      </svg>
      {severity}
    </span>
  );
}

function Evidence({ values }: { readonly values: readonly CitedValue[] }) {
  if (values.length === 0) return null;
  return (
    <details class="finding-evidence">
      <summary>Evidence</summary>
      <div tabIndex={0} role="group" aria-label="Evidence">
        <table>
          <thead>
            <tr>
              <th scope="col">Figure</th>
              <th scope="col" class="number">
                Value
              </th>
              <th scope="col">Over</th>
              <th scope="col">Read from</th>
            </tr>
          </thead>
          <tbody>
            {values.map((value, at) => (
              <tr key={at}>
                <td>
                  <code>{nameOf(value)}</code>
                </td>
                <td class="number">{valueText(value)}</td>
                <td>{value.windowS === null ? 'now' : `${value.windowS.toFixed(0)} s`}</td>
                <td>{value.source}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function valueText({ value, unit, labels }: CitedValue): string {
  switch (unit) {
    case 'ms':
      return millis(value);
    case 's':
      return `${digits(value)} s`;
    case '/s':
      return `${digits(value)}/s`;
    case 'share':
      return share(value);
    case 'times':
      return `${digits(value)} ×`;
    case 'money':
      return money(value, labels['currency'] ?? 'USD');
    case 'count':
      return Number.isInteger(value) ? count(value) : digits(value);
  }
}

function digits(value: number): string {
  return String(Number(value.toPrecision(3)));
}
