/** A text whose numbers say where they were read, and whose names of backends, pools and routes are set apart. */
import type { ComponentChildren } from 'preact';
import type { Citation, CitedValue, Told } from '#contract/copilot.ts';
import './told-text.css';

export function ToldText({ told }: { readonly told: Told }) {
  return <>{piecesOf(told)}</>;
}

/** Citations stand in the order of the text. Names are data: they are never looked into. */
function piecesOf({ text, cites }: Told): ComponentChildren[] {
  const pieces: ComponentChildren[] = [];
  const waiting = [...cites];
  text.split('`').forEach((part, at) => {
    if (at % 2 === 1) {
      pieces.push(<code key={`name ${at}`}>{part}</code>);
      return;
    }
    let rest = part;
    for (let cite = waiting[0]; cite !== undefined; cite = waiting[0]) {
      const found = rest.indexOf(cite.shown);
      if (found < 0) break;
      pieces.push(rest.slice(0, found), <Cited key={`cite ${at} ${pieces.length}`} cite={cite} />);
      rest = rest.slice(found + cite.shown.length);
      waiting.shift();
    }
    pieces.push(rest);
  });
  return pieces;
}

function Cited({ cite }: { readonly cite: Citation }) {
  return (
    <span class="cited" title={sourceOf(cite)}>
      {cite.shown}
    </span>
  );
}

/** `edgebalancer_upstream_requests_total{pool="app"}, over 60 s, GET /metrics`. */
export function sourceOf({ metric, labels, windowS, source }: CitedValue): string {
  return [nameOf({ metric, labels }), windowS === null ? '' : `over ${windowS.toFixed(0)} s`, source]
    .filter((part) => part !== '')
    .join(', ');
}

export function nameOf({ metric, labels }: Pick<CitedValue, 'metric' | 'labels'>): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return pairs.length === 0 ? metric : `${metric}{${pairs.join(', ')}}`;
}
