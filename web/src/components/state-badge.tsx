/** The state of a backend or of its circuit: a shape, a word and a colour, any of which is enough by itself. */
import type { BackendState, CircuitState } from '#contract/admin.ts';
import './state-badge.css';

type Tone = 'ok' | 'warn' | 'bad' | 'calm' | 'drain';
interface Look {
  readonly tone: Tone;
  /** On 12 by 12: what is filled, and what is drawn as a line. */
  readonly area?: string;
  readonly line?: string;
  readonly says: string;
}

const DISC = 'M6 1.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9z';

const STATES: Readonly<Record<BackendState, Look>> = {
  healthy: { tone: 'ok', area: DISC, says: 'Its probes succeed' },
  unhealthy: { tone: 'bad', line: 'M2 2l8 8M10 2l-8 8', says: 'Its probes fail: it gets no requests' },
  rising: { tone: 'warn', area: 'M6 1.5 11 10H1z', says: 'Its probes succeed again, not yet often enough' },
  falling: { tone: 'warn', area: 'M6 10.5 1 2h10z', says: 'Its probes begin to fail: it still gets requests' },
  draining: {
    tone: 'drain',
    area: 'M6 1.5a4.5 4.5 0 0 0 0 9z',
    line: DISC,
    says: 'It gets nothing new; what it has begun ends',
  },
  maintenance: { tone: 'calm', area: 'M2 2h8v8H2z', says: 'Taken out by an operator' },
  unknown: { tone: 'calm', line: DISC, says: 'Nothing is known yet' },
};

const CIRCUITS: Readonly<Record<CircuitState, Look>> = {
  closed: { tone: 'ok', line: 'M0.5 6h11M4 4v4M8 4v4', says: 'Requests pass' },
  open: { tone: 'bad', line: 'M0.5 6H4M8 6h3.5M4 3v6M8 3v6', says: 'Requests have failed: none pass for a while' },
  'half-open': { tone: 'warn', line: 'M0.5 6H4L8.5 2.5M8.5 6h3', says: 'A trial request decides' },
};

export function StateBadge({ state }: { readonly state: BackendState }) {
  return <Badge name={state} look={STATES[state]} />;
}

export function CircuitBadge({ circuit }: { readonly circuit: CircuitState }) {
  return <Badge name={circuit} look={CIRCUITS[circuit]} />;
}

/** The tone of a state, for drawings: the custom property `--ok`, `--warn`, … */
export function toneOf(state: BackendState): Tone {
  return STATES[state].tone;
}

/** The shape of a state by itself, 12 by 12, for drawings that say the word beside it. Its colour is that of the text. */
export function StateMark({ state }: { readonly state: BackendState }) {
  return <Mark look={STATES[state]} />;
}

function Mark({ look: { area, line } }: { readonly look: Look }) {
  return (
    <>
      {area !== undefined && <path d={area} fill="currentColor" />}
      {line !== undefined && (
        <path d={line} fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" />
      )}
    </>
  );
}

function Badge({ name, look }: { readonly name: string; readonly look: Look }) {
  return (
    <span class={`state-badge state-badge-${look.tone}`} title={look.says}>
      <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
        <Mark look={look} />
      </svg>
      {name}
    </span>
  );
}
