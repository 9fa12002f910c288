/** A worker thread: one data plane over the shared tables, told what to do by the supervisor. */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import type { Plan } from '#core/plan.ts';
import type { CounterRow } from '#memory/counters.ts';
import { layTables } from '#memory/tables.ts';
import { DataPlane } from '#proxy/data-plane.ts';
import { NetTransport } from '#transport/net/engine.ts';
import { AccessLogKeeper } from './access-log.ts';
import { foundRequests } from './found-requests.ts';
import { listenFailure } from './listen-failure.ts';
import type { FromWorker, ToWorker, WorkerStart } from './messages.ts';

/** While draining, an idle client connection is given this long to send one more request. */
const DRAIN_IDLE_MS = 1000;

async function main(port: MessagePort, start: WorkerStart): Promise<void> {
  const say = (message: FromWorker): void => port.postMessage(message);
  const tables = layTables(start.buffer, start.capacity);
  const keeper = new AccessLogKeeper(tables.counters.rows[start.worker] as CounterRow);
  const unlogged = keeper.follow(start.plan.accessLog);
  if (unlogged !== null) {
    say({ type: 'failed', message: `access log: ${unlogged}` });
    return;
  }
  const plane = new DataPlane(new NetTransport(), tables, start.worker, start.plan);
  plane.accessLog = keeper.log;
  plane.resolve(start.addresses);
  plane.tls.use(start.tls);
  plane.start();

  port.on('message', (message: ToWorker) => {
    switch (message.type) {
      case 'plan':
        plane.tls.use(message.tls);
        plane.publish(message.plan);
        followLog(keeper, plane, message.plan);
        plane.resolve(message.addresses);
        say({ type: 'published', revision: message.plan.revision, edition: message.plan.edition });
        break;
      case 'addresses':
        plane.resolve(message.addresses);
        break;
      case 'tls':
        plane.tls.use(message.tls);
        break;
      case 'reopen-log': {
        const unopened = keeper.reopen();
        if (unopened !== null) process.stderr.write(`The access log goes on in the file that was moved: ${unopened}\n`);
        break;
      }
      case 'explain-keys':
        plane.explainKeys.know(message.keys);
        break;
      case 'requests':
        say({ type: 'requests', ask: message.ask, ...foundRequests(plane.book, message.query) });
        break;
      case 'drain':
        void plane.drain(message.graceMs, DRAIN_IDLE_MS).then(async (cut) => {
          plane.stop();
          await keeper.close();
          say({ type: 'drained', cut });
          port.close();
        });
        break;
      default:
        message satisfies never;
    }
  });

  const ports: Record<string, number> = {};
  for (const { name, address } of start.plan.listeners) {
    // A unix socket cannot be shared between listeners: the first worker has it.
    if (address.kind === 'unix' && start.worker !== 0) continue;
    try {
      ports[name] = await plane.listen(name, start.ports[name] ?? 0);
    } catch (error) {
      say({ type: 'failed', message: listenFailure(name, address, error as NodeJS.ErrnoException) });
      return;
    }
  }
  say({ type: 'listening', engine: plane.transport.name, ports });
}

/** The supervisor has tried the log before; should it fail here all the same, the one before goes on. */
function followLog(keeper: AccessLogKeeper, plane: DataPlane, plan: Plan): void {
  const unlogged = keeper.follow(plan.accessLog);
  plane.accessLog = keeper.log;
  if (unlogged !== null) process.stderr.write(`The access log stays where it was: ${unlogged}\n`);
}

/** A worker that was started before the plan was known is told it once it is. */
function firstMessage(port: MessagePort): Promise<WorkerStart> {
  return new Promise((resolve) => port.once('message', resolve));
}

if (parentPort === null) throw new Error('worker/main.ts runs as a worker thread only');
await main(parentPort, (workerData as WorkerStart | null) ?? (await firstMessage(parentPort)));
