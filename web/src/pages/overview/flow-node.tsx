/** One node of the graph: its name, what it is, and how many requests a second pass through it. A backend leads to its details. */
import type { PagePath } from '#contract/pages.ts';
import { StateMark, toneOf } from '../../components/state-badge.tsx';
import { rate, share } from '../../format/figures.ts';
import type { Query } from '../../routing/address.ts';
import { Link } from '../../routing/link.tsx';
import { NODE_HEIGHT, type PlacedNode } from './flow-layout.ts';

const PAD = 10;
const MARK = 12;
/** Pixels of a character, so that names end before the box does. */
const CHARACTER = 6.8;
const RATE_ROOM = 38;

export function FlowNodeView({ node }: { readonly node: PlacedNode }) {
  const { x, y, width } = node;
  const target = targetOf(node);
  return (
    <g transform={`translate(${x.toFixed(1)} ${y.toFixed(1)})`} class={`flow-node ${toneClass(node)}`}>
      {/* What is seen is said by the link over it, in whole words. */}
      <g aria-hidden={target === null ? undefined : 'true'}>
        <Body node={node} />
      </g>
      {target !== null && (
        <Link to={target.to} {...(target.query !== undefined && { query: target.query })} label={spoken(node)}>
          <rect class="flow-hit" width={width} height={NODE_HEIGHT} rx="6">
            <title>{spoken(node)}</title>
          </rect>
        </Link>
      )}
    </g>
  );
}

interface Target {
  readonly to: PagePath;
  readonly query?: Query;
}

/** Where a press leads; null: nowhere. */
function targetOf({ column, pool, backend }: PlacedNode): Target | null {
  if (column === 'routes') return { to: 'metrics-view' };
  if (column !== 'pools' && column !== 'backends') return null;
  return { to: 'control-plane', query: backend === '' ? { pool } : { backend: `${pool}/${backend}` } };
}

function Body({ node }: { readonly node: PlacedNode }) {
  const { name, note, state, width, errors } = node;
  const left = state === null ? PAD : PAD + MARK + 6;
  const room = Math.max(3, Math.floor((width - left - RATE_ROOM - PAD) / CHARACTER));
  const below = errors !== null && errors > 0 ? `${note}, ${share(errors)} errors` : note;
  const noteRoom = Math.max(3, Math.floor((width - left - PAD) / (CHARACTER * 0.86)));
  return (
    <>
      <rect class="flow-box" width={width} height={NODE_HEIGHT} rx="6" />
      {state !== null && (
        <svg class="flow-mark" x={PAD} y={(NODE_HEIGHT - MARK) / 2} width={MARK} height={MARK} viewBox="0 0 12 12">
          <StateMark state={state} />
        </svg>
      )}
      <text class="flow-name" x={left} y={note === '' ? NODE_HEIGHT / 2 + 5 : 17}>
        {cut(name, room)}
      </text>
      {note !== '' && (
        <text class="flow-note" x={left} y={32}>
          {cut(below, noteRoom)}
        </text>
      )}
      <text class="flow-rate" x={width - PAD} y={note === '' ? NODE_HEIGHT / 2 + 5 : 17} text-anchor="end">
        {rate(node.rate)}
      </text>
    </>
  );
}

function toneClass({ state, cut: isCut }: PlacedNode): string {
  if (isCut) return 'flow-bad';
  return state === null ? '' : `flow-${toneOf(state)}`;
}

const KINDS = { clients: '', listeners: 'Listener ', routes: 'Route ', pools: 'Pool ', backends: 'Backend ' } as const;

/** All of it in words. */
function spoken({ column, pool, name, note, rate: perSecond, errors, backend }: PlacedNode): string {
  const whole = column === 'backends' ? `${pool}/${backend === '' ? name : backend}` : name;
  const parts = [note, perSecond === null ? '' : `${rate(perSecond)} requests a second`];
  if (errors !== null && errors > 0) parts.push(`${share(errors)} errors`);
  return [`${KINDS[column]}${whole}`, ...parts.filter((part) => part !== '')].join(', ');
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, Math.max(1, most - 1))}…`;
}
