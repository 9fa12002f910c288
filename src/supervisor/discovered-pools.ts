/** Discovery with all that it asks: files, DNS, AWS, the cluster. */
import { BackendList } from '#control/config/backend-list.ts';
import type { Environment } from '#control/config/environment.ts';
import type { Log, Timers } from '#core/ports.ts';
import { Discovery } from '#discovery/discovery.ts';
import { inCluster, kubernetesApi } from '#discovery/kubernetes-api.ts';
import type { AwsCall } from '#discovery/sources/aws.ts';

/** How long a start waits for the first answers: a balancer without backends is no use, and one that waits for ever neither. */
export const FIRST_ANSWERS_MS = 5_000;

export interface DiscoveredPoolsOptions {
  readonly env: Environment;
  readonly timers: Timers;
  readonly log: Log;
  readonly onChange: () => Promise<void>;
}

export function discoveredPools({ env, timers, log, onChange }: DiscoveredPoolsOptions): Discovery {
  let aws: Promise<AwsCall> | null = null;
  return new Discovery({
    timers,
    log,
    onChange,
    memberReader: () => {
      const list = new BackendList();
      return (text, path) => list.read(text, path);
    },
    // Few need it: signatures are not loaded at every start.
    aws: async (...asked) => {
      aws ??= import('#control/aws/json-call.ts').then(({ awsJsonCall }) =>
        awsJsonCall({ env, fetch, wallMs: () => timers.wallMs() }),
      );
      return await (
        await aws
      )(...asked);
    },
    kubernetes: () => kubernetesApi(inCluster(env)),
  });
}
