/** Where nodes stand and how edges run, in pixels of the width that there is. On narrow screens columns are left out. */
import type { Flow, FlowColumn, FlowEdge, FlowNode } from './flow-model.ts';

export const NODE_HEIGHT = 40;
const GAP = 12;
const EDGE_WIDTH_MAX = 12;
const EDGE_WIDTH_MIN = 1.5;
/** Columns that fit, by the width from which on they do. */
const COLUMNS: readonly (readonly [number, readonly FlowColumn[]])[] = [
  [860, ['clients', 'listeners', 'routes', 'pools', 'backends']],
  [620, ['listeners', 'routes', 'pools', 'backends']],
  [460, ['routes', 'pools', 'backends']],
  [0, ['pools', 'backends']],
];
/** Of a column's room; the rest is for edges. */
const NODE_SHARE = 0.68;

export interface PlacedNode extends FlowNode {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

export interface PlacedEdge extends FlowEdge {
  readonly path: string;
  /** Pixels; 0: nothing flows. */
  readonly thickness: number;
  /** How fast it moves, 0 to 3. */
  readonly pace: number;
  readonly target: PlacedNode;
}

export interface PlacedFlow {
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

export function placed({ nodes, edges }: Flow, width: number): PlacedFlow {
  const columns = COLUMNS.find(([least]) => width >= least)?.[1] ?? [];
  const byColumn = columns.map((column) => nodes.filter((node) => node.column === column));
  const rows = Math.max(1, ...byColumn.map((list) => list.length));
  const height = rows * (NODE_HEIGHT + GAP) - GAP;
  const nodeWidth = Math.floor(width / (columns.length - 1 + NODE_SHARE)) * NODE_SHARE;
  const step = columns.length === 1 ? 0 : (width - nodeWidth) / (columns.length - 1);
  const placedNodes = byColumn.flatMap((list, column) => {
    // Columns of fewer nodes are spread over the height.
    const room = height / Math.max(1, list.length);
    return list.map((node, row) => ({
      ...node,
      x: column * step,
      y: room * row + (room - NODE_HEIGHT) / 2,
      width: nodeWidth,
    }));
  });
  const byId = new Map(placedNodes.map((node) => [node.id, node]));
  const most = Math.max(...edges.map(({ rate }) => rate ?? 0), 0.001);
  const placedEdges = edges.flatMap((edge) => {
    const [from, target] = [byId.get(edge.from), byId.get(edge.to)];
    if (from === undefined || target === undefined) return [];
    return [{ ...edge, target, path: curve(from, target), ...flowLook(edge.rate, most) }];
  });
  return { height, nodes: placedNodes, edges: placedEdges };
}

/** Widths go by the root: a tenth of the traffic is still seen. */
function flowLook(rate: number | null, most: number): { readonly thickness: number; readonly pace: number } {
  if (rate === null || rate <= 0) return { thickness: 0, pace: 0 };
  const part = Math.sqrt(rate / most);
  return { thickness: Math.max(EDGE_WIDTH_MIN, part * EDGE_WIDTH_MAX), pace: Math.min(3, 1 + Math.floor(part * 2.99)) };
}

function curve(from: PlacedNode, to: PlacedNode): string {
  const [x1, y1] = [from.x + from.width, from.y + NODE_HEIGHT / 2];
  const [x2, y2] = [to.x, to.y + NODE_HEIGHT / 2];
  const bend = (x2 - x1) / 2;
  const at = (value: number): string => value.toFixed(1);
  return `M${at(x1)} ${at(y1)}C${at(x1 + bend)} ${at(y1)} ${at(x2 - bend)} ${at(y2)} ${at(x2)} ${at(y2)}`;
}
