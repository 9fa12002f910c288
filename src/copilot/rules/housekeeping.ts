/**
 * The process and its configuration: workers that died, a configuration that was refused, a file that says something else than what
 * runs, and replicas that nobody needs.
 *
 * Why: none of them is felt at once. A worker that died took its requests with it; a refused file means that somebody believes in a
 * change that is not in force; drift comes back as a surprise with the next restart; idle replicas are paid for.
 * Conditions: one worker's death, one refused configuration that no later one followed, within what is kept; drift whenever there
 * is some, a set-aside revision included. Replicas are too many only over a day's history (DAY_MINUTES_MIN): when the busiest
 * minute of it, at the CPU that a request takes here, would leave the tasks BUSY_SHARE busy with fewer of them, two at least.
 */
import { counted, happened, standing, workedOut } from '../cited.ts';
import type { Draft, Rule } from '../finding-draft.ts';
import type { Readings } from '../readings.ts';
import { name, NOTHING, joined, say } from '../told.ts';

const CRASHING = 3;
const DAY_MINUTES_MIN = 12 * 60;
/** A task that is half busy at the day's peak has room for one that is lost, and for a day that is busier. */
const BUSY_SHARE = 0.5;
const TASKS_MIN = 2;
/** Fewer requests do not say what one costs. */
const REQUESTS_MIN = 1000;

export const workerRestarts: Rule = {
  name: 'worker-restarts',
  summary: 'workers die and are replaced',
  explains: ['retry-amplification'],
  check: died,
};

export const reloadRefused: Rule = {
  name: 'reload-refused',
  summary: 'a configuration was refused, and the one before is still in force',
  explains: ['config-drift'],
  check: refused,
};

export const configDrift: Rule = {
  name: 'config-drift',
  summary: 'the file says something else than what runs',
  explains: [],
  check: drifted,
};

export const overProvisioned: Rule = {
  name: 'over-provisioned',
  summary: 'more replicas than the busiest minute of the day needs',
  explains: [],
  check: idle,
};

function died({ process, longS, events, overview }: Readings): Draft[] {
  const deaths = counted('edgebalancer_worker_restarts_total', {}, process.workerRestarts, longS);
  if (deaths.value === 0) return [];
  const reason = events.worker.findLast(({ state }) => state === 'died')?.reason ?? '';
  const workers = standing('workers', {}, overview.workers.length, 'count', 'GET /admin/overview');
  return [
    {
      severity: deaths.value >= CRASHING ? 'critical' : 'warning',
      place: {},
      title: say`Workers die and are replaced`,
      why: joined(
        say`${deaths} died, of ${workers}; each took the requests with it that it was serving.`,
        reason === '' ? NOTHING : say`The last one: ${name(reason)}.`,
      ),
      evidence: [deaths, workers],
      recommendation: {
        says: say`This is a fault of EdgeBalancer, or memory that ran out: the log has the reason. Report it with that.`,
        change: null,
      },
      touches: Math.min(1, deaths.value / Math.max(1, workers.value)),
    },
  ];
}

function refused({ events, atMs, longS, overview }: Readings): Draft[] {
  const since = atMs - longS * 1000;
  const recent = events.reload.filter(({ at, revision }) => Date.parse(at) >= since && revision === overview.revision);
  const last = recent.at(-1);
  if (last === undefined) return [];
  const times = happened('reload', {}, recent.length, longS);
  const revision = standing('revision', {}, overview.revision, 'count', 'GET /admin/overview');
  return [
    {
      severity: 'warning',
      place: {},
      title: say`The last configuration was refused`,
      why: joined(
        say`It was refused ${times} times; revision ${revision} is still in force, without the change that somebody made.`,
        last.problems[0] === undefined ? NOTHING : say`The first problem: ${name(last.problems[0])}.`,
      ),
      evidence: [times, revision],
      recommendation: {
        says: say`Put the file right (${name('edgebalancer check')} says what is wrong and where), or put it back.`,
        change: null,
      },
      touches: 0,
    },
  ];
}

function drifted({ overview }: Readings): Draft[] {
  const { drift } = overview;
  if (drift.file === null || (drift.diff.length === 0 && drift.setAside === null)) return [];
  const lines = standing('drift.diff', {}, drift.diff.length, 'count', 'GET /admin/overview');
  return [
    {
      severity: 'advice',
      place: {},
      title: say`The file says something else than what runs`,
      why: joined(
        drift.diff.length > 0
          ? say`They differ in ${lines} places, the first: ${name(drift.diff[0] as string)}.`
          : NOTHING,
        drift.setAside === null
          ? NOTHING
          : say`A revision that was made live has been set aside by a later change of the file.`,
      ),
      evidence: [lines],
      recommendation: {
        says: say`Save what is in force into the file, or take it back, so that whoever reads the file knows what runs.`,
        change: { kind: 'call', method: 'POST', path: '/admin/config/save', body: {} },
      },
      touches: 0,
    },
  ];
}

function idle({ cost, day, process, windowS }: Readings): Draft[] {
  const deployment = cost?.deployment;
  if (deployment === null || deployment === undefined || day === null) return [];
  if (day.minutes < DAY_MINUTES_MIN || deployment.tasks <= TASKS_MIN || process.requests < REQUESTS_MIN) return [];
  const cpu = counted('process_cpu_seconds_total', {}, process.cpuSeconds, windowS, 's');
  const requests = counted('edgebalancer_requests_total', {}, process.requests, windowS);
  const each = workedOut('CPU time of a request', (cpu.value * 1000) / requests.value, 'ms', [cpu, requests]);
  const peak = standing(
    'requests a second in the busiest minute, of this replica',
    {},
    day.peakPerSecond,
    '/s',
    'GET /admin/history',
  );
  const tasks = standing('deployment.tasks', {}, deployment.tasks, 'count', 'GET /admin/cost');
  const vcpu = standing('deployment.vcpu', {}, deployment.vcpu, 'count', 'GET /admin/cost');
  const busy = workedOut(
    'CPUs that the busiest minute takes, all replicas together',
    (each.value * peak.value * tasks.value) / 1000,
    'count',
    [each, peak, tasks],
  );
  const needed = Math.max(TASKS_MIN, Math.ceil(busy.value / (BUSY_SHARE * vcpu.value)));
  if (needed >= deployment.tasks) return [];
  const enough = workedOut('tasks that are half busy then', needed, 'count', [busy, vcpu]);
  return [
    {
      severity: 'advice',
      place: {},
      title: say`${enough} tasks would do where ${tasks} run`,
      why: say`The busiest minute of the day had ${peak} at each task, and a request takes ${each} of CPU here: ${busy} CPUs in all, at ${vcpu} in each task.`,
      evidence: [peak, each, busy, tasks, vcpu, enough],
      recommendation: {
        says: say`Run fewer tasks, or smaller ones. This supposes that all of them get as many requests as this one.`,
        change: null,
      },
      touches: 0,
      supposes: { tasks: needed },
    },
  ];
}
