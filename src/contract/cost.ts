/** What `GET /admin/cost` answers with. */

export interface CostItem {
  /** `Fargate vCPU`, `ALB capacity units`, … */
  readonly name: string;
  /** Of `unit`, in a month. */
  readonly quantity: number;
  /** `vCPU-hour`, `GB`, `request`, … */
  readonly unit: string;
  /** In the answer's currency. */
  readonly unitPrice: number;
  readonly monthly: number;
  /** Where quantity and price come from, in one sentence. */
  readonly basis: string;
}

export interface CostShare {
  /** A route's name; `retries` for what attempts made again cost. */
  readonly name: string;
  readonly requests: number;
  readonly monthly: number;
  readonly perMillionRequests: number | null;
}

/** What is priced; figures that were not asked for are as they were found. */
export interface CostDeployment {
  readonly tasks: number;
  /** Of each task. */
  readonly vcpu: number;
  readonly memoryGiB: number;
  readonly architecture: 'x86' | 'arm';
  /** Availability zones. */
  readonly zones: number;
}

export interface CostAnswer {
  readonly currency: string;
  readonly monthly: number;
  /** Null while no request has been seen. */
  readonly perMillionRequests: number | null;
  readonly items: readonly CostItem[];
  /** What each route pays. With `unassigned` they make `monthly`. */
  readonly routes: readonly CostShare[];
  /** What no route brings about: everything while no request has been seen. */
  readonly unassigned: number;
  /** A part of what the routes pay, not on top of it. */
  readonly retries: CostShare;
  /** In a month, as measured or supposed; null while neither is known. */
  readonly requests: number | null;
  /** Null on a platform of one's own. */
  readonly deployment: CostDeployment | null;
  /** One sentence each. */
  readonly assumptions: readonly string[];
  /** ISO 8601 date: no price that was used is older. */
  readonly pricesAsOf: string;
  readonly region: string;
  readonly platform: string;
}
