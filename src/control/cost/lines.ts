/**
 * The lines of the bill: of each, how much is used in a month, and by what. Prices come later (bill.ts), so that all that
 * are missing can be named at once.
 */
import type { CostConfig } from '../config/schema-cost.ts';
import { capacityUnits } from './capacity-units.ts';
import type { Deployment } from './deployment.ts';
import type { PriceKey } from './price-keys.ts';
import { GB, HOURS, MONTH_SECONDS, type MonthlyTraffic } from './traffic.ts';

export interface Line {
  readonly name: string;
  readonly key: PriceKey;
  /** Of the price's unit, in a month. */
  readonly quantity: number;
  /** What makes it grow. */
  readonly drivenBy: 'time' | 'requests' | 'bytes';
  /** The part of it, 0 to 1, that attempts made again bring about. */
  readonly retried: number;
  /** Where the quantity comes from; the price's origin is added to it. */
  readonly basis: string;
}

export interface LineInput {
  readonly deployment: Deployment;
  readonly traffic: MonthlyTraffic;
  readonly assume: CostConfig['assume'];
}

/** Every line that this deployment has, those of nothing used among them. */
export function linesOf(input: LineInput): Line[] {
  return [
    ...computeLines(input),
    ...balancerLines(input),
    ...edgeLines(input),
    ...natLines(input),
    ...logLines(input),
    ...cacheLines(input),
    ...zoneLines(input),
  ];
}

const line = (
  name: string,
  key: PriceKey,
  quantity: number,
  drivenBy: Line['drivenBy'],
  basis: string,
  retried = 0,
): Line => ({ name, key, quantity, drivenBy, basis, retried });

const ALL_MONTH = `${HOURS} hours`;

function computeLines({ deployment, traffic }: LineInput): Line[] {
  const { platform, tasks, vcpu, memoryGiB, architecture, basis } = deployment;
  const { retries } = traffic;
  const requests = traffic.requests ?? 0;
  const retried = requests + retries === 0 ? 0 : retries / (requests + retries);
  if (platform === 'aws-ec2')
    return [
      line(
        'EC2 instances',
        'instanceHour',
        tasks * HOURS,
        'time',
        `${tasks} for ${ALL_MONTH}: ${basis.tasks}`,
        retried,
      ),
    ];
  const arm = architecture === 'arm';
  const each = (amount: number, what: string): string =>
    `${tasks} tasks of ${amount} ${what} for ${ALL_MONTH}: ${basis.tasks}; ${basis.size}`;
  return [
    line(
      'Fargate vCPU',
      arm ? 'fargateArmVcpuHour' : 'fargateVcpuHour',
      tasks * vcpu * HOURS,
      'time',
      each(vcpu, 'vCPU'),
      retried,
    ),
    line(
      'Fargate memory',
      arm ? 'fargateArmGbHour' : 'fargateGbHour',
      tasks * memoryGiB * HOURS,
      'time',
      each(memoryGiB, 'GB'),
      retried,
    ),
  ];
}

function balancerLines({ deployment, traffic, assume }: LineInput): Line[] {
  const { loadBalancer, natGateways, zones, tasks } = deployment;
  const addresses = (loadBalancer ? zones : tasks) + natGateways;
  const whose = loadBalancer ? `the load balancer's ${zones}` : `the tasks' ${tasks}`;
  const publicAddresses = line(
    'Public IPv4 addresses',
    'publicIpv4Hour',
    addresses * HOURS,
    'time',
    `${whose} and the NAT gateways' ${natGateways} for ${ALL_MONTH}`,
  );
  if (!loadBalancer) return [publicAddresses];
  const connections = traffic.connections / MONTH_SECONDS;
  const { units, dimension, each } = capacityUnits({
    newConnectionsPerSecond: connections,
    activeConnections: connections * assume.averageConnectionSeconds,
    gbPerHour: (traffic.gbIn + traffic.gbOut) / HOURS,
    requestsPerSecond: (traffic.requests ?? 0) / MONTH_SECONDS,
    rules: assume.balancerRules,
  });
  const shown = each.map((one) => `${one.name} ${amount(one.units)}`).join(', ');
  return [
    line('ALB', 'albHour', HOURS, 'time', `one for ${ALL_MONTH}`),
    line(
      'ALB capacity units',
      'albCapacityUnitHour',
      units * HOURS,
      dimension === 'processed bytes' ? 'bytes' : 'requests',
      `${amount(units)} units for ${ALL_MONTH}; what counts is ${dimension}, the largest of: ${shown}; ${traffic.basis}`,
    ),
    publicAddresses,
  ];
}

function edgeLines({ deployment, traffic, assume }: LineInput): Line[] {
  const { gbIn, gbOut, basis } = traffic;
  if (!deployment.cloudfront)
    return [line('Data out to the internet', 'internetOutGb', gbOut, 'bytes', `answers to clients; ${basis}`)];
  // What CloudFront answers by itself never comes here: what does is the rest. All hits would leave nothing to go by.
  const misses = Math.max(0.01, 1 - assume.cloudfrontHits);
  const hits = assume.cloudfrontHits === 0 ? '' : `, and ${Math.round((1 - misses) * 100)} % of requests are hits`;
  return [
    line(
      'CloudFront requests',
      'cloudfrontRequests10k',
      (traffic.requests ?? 0) / misses / 10_000,
      'requests',
      `all over HTTPS${hits}; ${basis}`,
    ),
    line('CloudFront data out', 'cloudfrontOutGb', gbOut / misses, 'bytes', `answers to viewers${hits}; ${basis}`),
    line('CloudFront data to origin', 'cloudfrontToOriginGb', gbIn, 'bytes', `requests that come here; ${basis}`),
  ];
}

/** GB of access log in a month. */
function logGb({ deployment, traffic, assume }: LineInput): number {
  return ((traffic.requests ?? 0) * deployment.loggedShare * assume.logLineBytes) / GB;
}

function natLines(input: LineInput): Line[] {
  const { deployment, assume } = input;
  const { natGateways, tasks } = deployment;
  if (natGateways === 0) return [];
  return [
    line('NAT gateways', 'natGatewayHour', natGateways * HOURS, 'time', `${natGateways} for ${ALL_MONTH}`),
    line(
      'NAT, of the tasks',
      'natGatewayGb',
      tasks * assume.natGbPerTask,
      'time',
      `assumed ${assume.natGbPerTask} GB for each of ${tasks} tasks (images, APIs)`,
    ),
    line('NAT, of the logs', 'natGatewayGb', logGb(input), 'requests', `the access log on its way to CloudWatch Logs`),
  ];
}

function logLines(input: LineInput): Line[] {
  const { deployment, traffic, assume } = input;
  if (deployment.loggedShare === 0) return [];
  const share = deployment.loggedShare === 1 ? 'each request' : `${amount(deployment.loggedShare * 100)} % of requests`;
  return [
    line(
      'CloudWatch Logs',
      'logsGb',
      logGb(input),
      'requests',
      `a line of ${assume.logLineBytes} bytes for ${share}; ${traffic.basis}`,
    ),
  ];
}

/** What the smallest cache of the serverless kind is billed for. */
const CACHE_GB_MIN = 0.1;

function cacheLines({ deployment, traffic, assume }: LineInput): Line[] {
  const { cache, zones } = deployment;
  if (cache === 'none') return [];
  if (cache === 'node') {
    const nodes = zones > 1 ? 2 : 1;
    return [line('Cache nodes', 'cacheNodeHour', nodes * HOURS, 'time', `${nodes} cache.t4g.micro for ${ALL_MONTH}`)];
  }
  const kept = Math.max(CACHE_GB_MIN, assume.cacheGb);
  return [
    line('Cache storage', 'cacheGbHour', kept * HOURS, 'time', `assumed ${kept} GB for ${ALL_MONTH}`),
    line(
      'Cache commands',
      'cacheMillionEcpu',
      ((traffic.requests ?? 0) * assume.cacheCommandsPerRequest) / 1e6,
      'requests',
      `assumed ${assume.cacheCommandsPerRequest} commands for a request; ${traffic.basis}`,
    ),
  ];
}

/** The load balancer's own traffic between zones is free; what tasks send to backends in other zones is not. */
function zoneLines({ deployment, traffic }: LineInput): Line[] {
  const { zones } = deployment;
  if (zones === 1) return [];
  const again = traffic.requests === null || traffic.requests === 0 ? 0 : traffic.retries / traffic.requests;
  const retriedGb = traffic.gbIn * again;
  const all = traffic.gbIn + traffic.gbOut + retriedGb;
  const crossing = (zones - 1) / zones;
  return [
    line(
      'Data between zones',
      'betweenZonesGb',
      2 * all * crossing,
      'bytes',
      `${zones - 1} of ${zones} parts of what goes to and from backends, counted on both sides, requests sent again included; ${traffic.basis}`,
      all === 0 ? 0 : retriedGb / all,
    ),
  ];
}

/** Three figures that say something, not more. */
function amount(value: number): string {
  return value === 0 ? '0' : String(Number(value.toPrecision(3)));
}
