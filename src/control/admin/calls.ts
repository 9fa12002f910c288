/** All calls of the admin API, in the order in which they are shown. */
import { AUDIT_CALLS } from './audit-calls.ts';
import { BACKEND_CALLS } from './backend-calls.ts';
import type { AnyCall } from './call.ts';
import { CONFIG_CALLS } from './config-calls.ts';
import { COPILOT_CALLS } from './copilot-calls.ts';
import { COST_CALLS } from './cost-calls.ts';
import { DOCUMENT_CALLS } from './document-calls.ts';
import { EVENTS_CALLS } from './events-call.ts';
import { HISTORY_CALLS } from './history-calls.ts';
import { OVERVIEW_CALLS } from './overview-calls.ts';
import { INCIDENT_CALLS } from './incident-calls.ts';
import { MCP_CALLS } from './mcp-calls.ts';
import { PAGE_CALLS } from './page-calls.ts';
import { takingReplica } from './per-replica.ts';
import { REPLICA_CALLS } from './replica-calls.ts';
import { REQUEST_CALLS } from './request-calls.ts';
import { REVISION_CALLS } from './revision-calls.ts';
import { SESSION_CALLS } from './session-calls.ts';
import { RECORDING_CALLS } from './recording-calls.ts';
import { SIMULATE_CALLS } from './simulate-calls.ts';
import { STRATEGY_CALLS } from './strategy-calls.ts';
import { TOKEN_CALLS } from './token-calls.ts';

const ALL: readonly AnyCall[] = [
  ...OVERVIEW_CALLS,
  ...REPLICA_CALLS,
  ...BACKEND_CALLS,
  ...STRATEGY_CALLS,
  ...CONFIG_CALLS,
  ...REVISION_CALLS,
  ...HISTORY_CALLS,
  ...EVENTS_CALLS,
  ...REQUEST_CALLS,
  ...COST_CALLS,
  ...COPILOT_CALLS,
  ...MCP_CALLS,
  ...INCIDENT_CALLS,
  ...SIMULATE_CALLS,
  ...RECORDING_CALLS,
  ...SESSION_CALLS,
  ...TOKEN_CALLS,
  ...AUDIT_CALLS,
  ...DOCUMENT_CALLS,
  ...PAGE_CALLS,
];

export const CALLS = ALL.map((call) => (call.perReplica === true ? takingReplica(call) : call));
