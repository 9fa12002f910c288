/** The admin API's paths. Everything here only reads. */
import { STRATEGIES } from '#core/strategies/index.ts';
import type { StrategyAnswer } from '#contract/admin.ts';
import { backendsReport } from '#observe/backends-report.ts';
import { EXPOSITION_TYPE } from '#observe/exposition.ts';
import { metricsReport } from '#observe/metrics-report.ts';
import { userPools } from '#observe/observed.ts';
import { prometheusReport } from '#observe/prometheus.ts';
import { json, problem, type Answer } from './answer.ts';
import { statusPage } from './status-page.ts';
import type { AdminView } from './view.ts';

type Handler = (view: AdminView) => Answer;

const GETS: Readonly<Record<string, Handler>> = {
  '/': () => statusPage(),
  '/admin/overview': (view) => json(view.overview()),
  '/admin/backends': (view) => json(backendsReport(view.observed())),
  '/admin/metrics': (view) => json(metricsReport(view.observed())),
  '/admin/strategy': (view) => json(strategies(view)),
  '/healthz': () => json({ status: 'alive' }),
  '/readyz': (view) => {
    const why = view.unready();
    return why === null ? json({ status: 'ready' }) : json({ status: 'not ready', reason: why }, 503);
  },
  '/metrics': (view) => ({
    status: 200,
    type: EXPOSITION_TYPE,
    body: prometheusReport(view.observed(), view.processFacts()),
  }),
};

/** The answer to a request for `target`, in origin or absolute form. */
export function answerTo(method: string, target: string, view: AdminView): Answer {
  const path = pathOf(target);
  // Every path begins with a slash, so none is a name that objects have by themselves.
  const handler = path === null ? undefined : GETS[path];
  if (handler === undefined) {
    return problem(404, 'Not found', `There is nothing at this path. These exist: ${Object.keys(GETS).join(', ')}.`);
  }
  if (method !== 'GET' && method !== 'HEAD') {
    return problem(405, 'Method not allowed', 'This path can only be read, with GET or HEAD.', { allow: 'GET, HEAD' });
  }
  return handler(view);
}

function pathOf(target: string): string | null {
  if (!URL.canParse(target, 'http://admin')) return null;
  return new URL(target, 'http://admin').pathname;
}

function strategies(view: AdminView): StrategyAnswer {
  const { plan } = view.observed();
  return {
    pools: Object.fromEntries(
      userPools(plan).map(({ name, strategy }) => [name, { name: strategy.name, params: strategy.params }]),
    ),
    available: STRATEGIES.map(({ name, summary, bestWhen, params }) => ({ name, summary, bestWhen, params })),
  };
}
