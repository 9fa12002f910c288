/** `GET /metrics`: everything that is counted, in Prometheus' text format or as OpenMetrics. docs/metrics.md explains each. */
import { backends, upstream } from './backends-exposition.ts';
import { connections } from './connections-exposition.ts';
import { discovery } from './discovery-exposition.ts';
import { failures } from './failures-exposition.ts';
import { Exposition, type Form } from './exposition.ts';
import type { Observed } from './observed.ts';
import { overload } from './overload-exposition.ts';
import { loops, processMetrics, sharedState, supervisor, type ProcessFacts } from './process-exposition.ts';
import { requests } from './requests-exposition.ts';
import { traces } from './traces-exposition.ts';

export type { ProcessFacts } from './process-exposition.ts';

export function prometheusReport(observed: Observed, facts: ProcessFacts, form: Form = 'text'): Buffer {
  const out = new Exposition(form);
  requests(out, observed);
  connections(out, observed);
  upstream(out, observed);
  backends(out, observed);
  failures(out, observed);
  discovery(out, observed);
  overload(out, observed);
  traces(out, observed, facts.spans);
  supervisor(out, facts);
  sharedState(out, facts);
  loops(out, observed, facts);
  processMetrics(out, facts);
  return out.toBuffer();
}
