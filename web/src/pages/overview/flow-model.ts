/**
 * Clients, listeners, routes, pools and backends as a graph with rates. Of many backends those that are unwell come first, then
 * the busiest; the rest of each pool stands together, so that a thousand are as readable as four.
 */
import type { BackendEntry, BackendState, BackendsAnswer, MetricsAnswer, OverviewAnswer } from '#contract/admin.ts';

export type FlowColumn = 'clients' | 'listeners' | 'routes' | 'pools' | 'backends';

export interface FlowNode {
  readonly id: string;
  readonly column: FlowColumn;
  readonly name: string;
  /** Below the name; '' leaves it out. */
  readonly note: string;
  /** A second; null: not known yet. */
  readonly rate: number | null;
  /** Of a backend, or the worst of those that stand together; null: it has none. */
  readonly state: BackendState | null;
  /** Its circuit lets nothing or hardly anything through. */
  readonly cut: boolean;
  /** Share of its attempts that fail, of late; null: it is not known. */
  readonly errors: number | null;
  readonly pool: string;
  readonly backend: string;
}

export interface FlowEdge {
  readonly from: string;
  readonly to: string;
  readonly rate: number | null;
}

export interface Flow {
  readonly nodes: readonly FlowNode[];
  readonly edges: readonly FlowEdge[];
}

/** How many stand for themselves, all pools together. */
const BACKENDS_MAX = 14;
const ROUTES_MAX = 8;

export interface RouteTarget {
  readonly route: string;
  readonly pools: readonly string[];
}

export interface FlowFacts {
  readonly overview: OverviewAnswer | null;
  readonly backends: BackendsAnswer;
  readonly metrics: MetricsAnswer | null;
  /** Where routes lead; null: the configuration may not be read. */
  readonly targets: readonly RouteTarget[] | null;
  /** A second, of all clients. */
  readonly total: number | null;
  /** By `routes/NAME`, `backends/POOL/ID` and `failures/POOL/ID`. */
  readonly rateOf: (counter: string) => number | null;
}

const bare = { state: null, cut: false, errors: null, pool: '', backend: '' } as const;

export function flowOf(facts: FlowFacts): Flow {
  const { overview, total } = facts;
  const nodes: FlowNode[] = [{ ...bare, id: 'clients', column: 'clients', name: 'Clients', note: '', rate: total }];
  const edges: FlowEdge[] = [];
  const listeners = overview?.listeners ?? [];
  for (const { name, address } of listeners) {
    // Requests are not counted by listener: the only one has all of them.
    const rate = listeners.length === 1 ? total : null;
    nodes.push({ ...bare, id: `listener ${name}`, column: 'listeners', name, note: address, rate });
    edges.push({ from: 'clients', to: `listener ${name}`, rate });
  }
  addRoutes(facts, nodes, edges);
  addPools(facts, nodes, edges);
  return { nodes, edges };
}

function addRoutes({ metrics, targets, rateOf, overview }: FlowFacts, nodes: FlowNode[], edges: FlowEdge[]): void {
  const names = new Set(targets?.map(({ route }) => route) ?? metrics?.routes.map(({ route }) => route));
  const busiest = [...names]
    .map((name) => ({ name, rate: rateOf(`routes/${name}`) }))
    .toSorted((a, b) => (b.rate ?? 0) - (a.rate ?? 0));
  const shown = busiest.slice(0, ROUTES_MAX);
  const left = busiest.slice(ROUTES_MAX);
  const only = overview?.listeners.length === 1;
  const add = (id: string, name: string, rate: number | null, pools: readonly string[]): void => {
    nodes.push({ ...bare, id, column: 'routes', name, note: '', rate });
    for (const listener of overview?.listeners ?? [])
      edges.push({ from: `listener ${listener.name}`, to: id, rate: only ? rate : null });
    for (const pool of pools) edges.push({ from: id, to: `pool ${pool}`, rate: pools.length === 1 ? rate : null });
  };
  const poolsOf = (name: string): readonly string[] => targets?.find(({ route }) => route === name)?.pools ?? [];
  for (const { name, rate } of shown) add(`route ${name}`, name, rate, poolsOf(name));
  if (left.length > 0) {
    const pools = new Set(left.flatMap(({ name }) => poolsOf(name)));
    add('routes', `${left.length} more routes`, sum(left.map(({ rate }) => rate)), [...pools]);
  }
}

function addPools({ backends, rateOf }: FlowFacts, nodes: FlowNode[], edges: FlowEdge[]): void {
  const { pools } = backends;
  const all = pools.flatMap(({ name, backends: list }) =>
    list.map((backend) => ({ pool: name, backend, rate: rateOf(`backends/${name}/${backend.id}`) })),
  );
  const first = all
    .toSorted((a, b) => trouble(b.backend) - trouble(a.backend) || (b.rate ?? 0) - (a.rate ?? 0))
    .slice(0, all.length <= BACKENDS_MAX ? BACKENDS_MAX : BACKENDS_MAX - pools.length);
  const shown = new Set(first);
  for (const { name, strategy, panic } of pools) {
    const own = all.filter(({ pool }) => pool === name);
    const rate = sum(own.map((one) => one.rate));
    nodes.push({
      ...bare,
      id: `pool ${name}`,
      column: 'pools',
      name,
      note: panic ? 'panic' : strategy,
      rate,
      pool: name,
    });
    for (const one of own.filter((row) => shown.has(row))) {
      const id = `backend ${name}/${one.backend.id}`;
      nodes.push(backendNode(id, one.pool, one.backend, one.rate, rateOf(`failures/${name}/${one.backend.id}`)));
      edges.push({ from: `pool ${name}`, to: id, rate: one.rate });
    }
    const rest = own.filter((row) => !shown.has(row));
    if (rest.length === 0) continue;
    const restRate = sum(rest.map((one) => one.rate));
    nodes.push(
      restNode(
        name,
        rest.map(({ backend }) => backend),
        restRate,
      ),
    );
    edges.push({ from: `pool ${name}`, to: `rest ${name}`, rate: restRate });
  }
}

function backendNode(
  id: string,
  pool: string,
  backend: BackendEntry,
  rate: number | null,
  failing: number | null,
): FlowNode {
  const cut = backend.circuit !== 'closed';
  return {
    id,
    column: 'backends',
    name: backend.id,
    note: cut ? `${backend.state}, circuit ${backend.circuit}` : backend.state,
    rate,
    state: backend.state,
    cut,
    errors: rate === null || failing === null || rate <= 0 ? null : Math.min(1, failing / rate),
    pool,
    backend: backend.id,
  };
}

function restNode(pool: string, rest: readonly BackendEntry[], rate: number | null): FlowNode {
  const worst = rest.toSorted((a, b) => trouble(b) - trouble(a))[0] as BackendEntry;
  const well = rest.filter((one) => trouble(one) === 0).length;
  return {
    ...bare,
    id: `rest ${pool}`,
    column: 'backends',
    name: `${rest.length} more`,
    note: well === rest.length ? 'healthy' : `${well} healthy`,
    rate,
    state: worst.state,
    pool,
  };
}

/** How much somebody should look at it. */
function trouble({ state, circuit }: BackendEntry): number {
  if (state === 'unhealthy') return 4;
  if (circuit !== 'closed') return 3;
  if (state === 'falling' || state === 'rising') return 2;
  return state === 'healthy' ? 0 : 1;
}

/** What is not known of one is not known of the sum. */
function sum(rates: readonly (number | null)[]): number | null {
  return rates.reduce<number | null>((all, rate) => (all === null || rate === null ? null : all + rate), 0);
}
