/** How current the page is, always in sight: a shape, a word, and when it is not live, since when. */
import { useSignalEffect } from '@preact/signals';
import { serverNowMs } from '../data/clock.ts';
import { connection, isStale, lastHeardMs } from '../data/connection.ts';
import { moment, span } from '../format/times.ts';
import { announce } from './announcements.tsx';
import './connection-notice.css';

export function ConnectionNotice() {
  useSignalEffect(() => {
    const { kind } = connection.value;
    if (kind === 'lost') announce('Connection lost. What is shown is old.');
    if (kind === 'live') announce('Connected. Figures are live.');
  });
  const { kind, says, title } = notice();
  return (
    <span class={`connection connection-${kind}`} title={title}>
      <span class="connection-mark" aria-hidden="true" />
      {says}
    </span>
  );
}

function notice(): { kind: string; says: string; title: string } {
  const state = connection.value;
  const heardMs = lastHeardMs.value;
  const since = heardMs === null ? '' : ` since ${moment(heardMs)}`;
  if (state.kind === 'lost') {
    const wait = Math.max(0, Math.ceil((state.retryAtMs - serverNowMs.value) / 1000));
    const next = wait > 0 ? `trying again in ${span(wait)}` : 'trying again…';
    return { kind: 'lost', says: `Lost${since}, ${next}`, title: 'EdgeBalancer does not answer' };
  }
  if (isStale.value) return { kind: 'stale', says: `Stale${since}`, title: 'No figures have come for a while' };
  if (state.kind === 'live') return { kind: 'live', says: 'Live', title: 'Figures come each second' };
  if (state.kind === 'polling') {
    return {
      kind: 'live',
      says: 'Live, every 2 s',
      title: 'The stream of events cannot be had; figures are asked for',
    };
  }
  return { kind: 'connecting', says: 'Connecting…', title: '' };
}
