/**
 * What each route pays, and what attempts made again cost.
 *
 * A route pays by its share: of requests for what requests bring about (CloudFront's requests, logs, cache, capacity units
 * by connections), of bytes for what bytes bring about (data out, data between zones, capacity units by bytes) where bytes
 * are counted by route, else of requests too; and of what costs the same whatever comes (tasks, load balancer, NAT) by its
 * share of requests. While no request has been seen nobody pays: all is unassigned.
 *
 * An attempt made again keeps a task busy as a request does, and sends the request once more to a backend that may be in
 * another zone. Its cost is that part of the tasks and of the data between zones. It is a part of what the routes pay.
 */
import type { CostShare } from '#contract/cost.ts';
import { micros, type Bill } from './bill.ts';
import type { MonthlyTraffic } from './traffic.ts';

export const SHARE_RULES = [
  'A route pays by its share of requests, and by its share of bytes for what bytes bring about where bytes are counted by route; what costs the same whatever comes is shared by requests.',
  'An attempt made again counts as much of the tasks as a request does, and its data between zones; it is a part of what routes pay, not on top.',
] as const;

export interface Shares {
  readonly routes: readonly CostShare[];
  readonly unassigned: number;
  readonly retries: CostShare;
}

export function sharesOf(bill: Bill, traffic: MonthlyTraffic): Shares {
  let byRequests = 0;
  let byBytes = 0;
  let retried = 0;
  for (const item of bill.items) {
    if (item.drivenBy === 'bytes') byBytes += item.monthly;
    else byRequests += item.monthly;
    retried += item.monthly * item.retried;
  }
  const routes = traffic.routes.map(({ name, requests, ofRequests, ofBytes }) =>
    share(name, requests, byRequests * ofRequests + byBytes * ofBytes),
  );
  const assigned = routes.reduce((sum, { monthly }) => sum + monthly, 0);
  return {
    routes,
    unassigned: routes.length === 0 ? bill.monthly : micros(Math.max(0, bill.monthly - assigned)),
    retries: share('retries', traffic.retries, retried),
  };
}

function share(name: string, requests: number, monthly: number): CostShare {
  return {
    name,
    requests: Math.round(requests),
    monthly: micros(monthly),
    perMillionRequests: perMillion(monthly, requests),
  };
}

/** Null for no requests. */
export function perMillion(monthly: number, requests: number | null): number | null {
  return requests === null || requests === 0 ? null : micros((monthly / requests) * 1e6);
}
