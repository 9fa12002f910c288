/** Clients, listener, routes, pools and backends, with the flow between them: wide where much flows, still where nothing does. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Card } from '../../components/card.tsx';
import { ErrorFace } from '../../components/error-face.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { connection, isStale } from '../../data/connection.ts';
import { figures } from '../../data/live-figures.ts';
import { backends } from '../../data/resources.ts';
import { rate } from '../../format/figures.ts';
import { flow, useFlow } from './flow-data.ts';
import { placed, type PlacedEdge } from './flow-layout.ts';
import { FlowNodeView } from './flow-node.tsx';
import './traffic-graph.css';

export function TrafficGraph() {
  useFlow();
  const known = flow.value;
  const fault = backends.fault.value;
  return (
    <Card title="Traffic" actions={<Asides />} stale={isStale.value || backends.isStale.value}>
      {known === null ? (
        fault === null ? (
          <Skeleton lines={5} label="Loading the traffic" />
        ) : (
          <ErrorFace fault={fault} small onRetry={() => void backends.refresh()} />
        )
      ) : (
        <Graph />
      )}
    </Card>
  );
}

/** What leaves the straight way, of all pools together. */
function Asides() {
  const now = figures.value?.perSecond;
  const asides = [
    ['retries', now?.retries],
    ['failovers', now?.failovers],
    ['rate limited', now?.rateLimited],
  ] as const;
  return (
    <ul class="flow-asides">
      <li>requests a second</li>
      {asides.map(([name, perSecond]) => (
        <li key={name} class={perSecond !== undefined && perSecond > 0 ? 'flow-aside-some' : ''}>
          {name} {rate(perSecond)}
        </li>
      ))}
    </ul>
  );
}

function Graph() {
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const look = (): void => setWidth(Math.floor(element.clientWidth));
    const observer = new ResizeObserver(look);
    observer.observe(element);
    look();
    return () => observer.disconnect();
  }, []);
  const known = flow.value;
  const drawing = known === null || width === 0 ? null : placed(known, width);
  const moving = connection.value.kind !== 'lost' && !isStale.value;
  return (
    <div ref={frame} class={moving ? 'flow' : 'flow flow-still'}>
      {drawing !== null && (
        <svg
          width={width}
          height={drawing.height}
          role="group"
          aria-label="The way of requests, from clients to backends"
        >
          <g aria-hidden="true">
            {drawing.edges.map((edge) => (
              <Edge key={`${edge.from} ${edge.to}`} edge={edge} />
            ))}
          </g>
          {drawing.nodes.map((node) => (
            <FlowNodeView key={node.id} node={node} />
          ))}
        </svg>
      )}
    </div>
  );
}

function Edge({ edge }: { readonly edge: PlacedEdge }) {
  const { path, thickness, pace, target, rate: perSecond } = edge;
  const unwell = target.state === 'unhealthy' || target.cut || (target.errors ?? 0) > 0;
  return (
    <>
      <path class={perSecond === null ? 'flow-edge flow-edge-unknown' : 'flow-edge'} d={path} />
      {thickness > 0 && (
        <>
          <path class={unwell ? 'flow-band flow-band-bad' : 'flow-band'} d={path} stroke-width={thickness} />
          <path class={`flow-drops flow-pace-${pace}`} d={path} />
        </>
      )}
    </>
  );
}
