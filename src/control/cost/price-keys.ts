/** The prices that an estimate is made from, by the names that configuration, table and refreshed file share. */

export interface PriceKeyFacts {
  /** What one unit is. */
  readonly unit: string;
  /** For whoever has to give a price. */
  readonly what: string;
  /** Of each month, for nothing: the first units. */
  readonly free: number;
}

const key = (unit: string, what: string, free = 0): PriceKeyFacts => ({ unit, what, free });

/** 1 TB in the GB that AWS bills, which are 2^30 bytes. */
const TB = 1024;

/**
 * Free amounts are those without an end: https://aws.amazon.com/cloudfront/pricing/ (1 TB and 10,000,000 requests),
 * https://aws.amazon.com/ec2/pricing/on-demand/ (100 GB). A new account's first year is not counted.
 */
export const PRICE_KEYS = {
  fargateVcpuHour: key('vCPU-hour', 'Fargate on x86: a vCPU for an hour'),
  fargateGbHour: key('GB-hour', 'Fargate on x86: a GB of memory for an hour'),
  fargateArmVcpuHour: key('vCPU-hour', 'Fargate on ARM: a vCPU for an hour'),
  fargateArmGbHour: key('GB-hour', 'Fargate on ARM: a GB of memory for an hour'),
  instanceHour: key('instance-hour', 'an EC2 instance for an hour'),
  albHour: key('hour', 'an Application Load Balancer for an hour'),
  albCapacityUnitHour: key('LCU-hour', 'a capacity unit of an Application Load Balancer for an hour'),
  natGatewayHour: key('hour', 'a NAT gateway for an hour'),
  natGatewayGb: key('GB', 'a GB through a NAT gateway'),
  publicIpv4Hour: key('address-hour', 'a public IPv4 address for an hour'),
  logsGb: key('GB', 'a GB taken in by CloudWatch Logs'),
  cacheGbHour: key('GB-hour', 'ElastiCache Serverless for Valkey: a GB kept for an hour'),
  cacheMillionEcpu: key('million ECPU', 'ElastiCache Serverless for Valkey: a million processing units'),
  cacheNodeHour: key('node-hour', 'ElastiCache for Valkey: a cache.t4g.micro for an hour'),
  betweenZonesGb: key('GB', 'a GB between availability zones, on each of its two sides'),
  cloudfrontRequests10k: key('10,000 requests', 'CloudFront: 10,000 requests over HTTPS', 1000),
  cloudfrontToOriginGb: key('GB', 'CloudFront: a GB sent to the origin'),
  cloudfrontOutGb: key('GB', 'CloudFront: a GB sent to viewers', TB),
  internetOutGb: key('GB', 'a GB sent to the internet without CloudFront', 100),
} as const satisfies Record<string, PriceKeyFacts>;

export type PriceKey = keyof typeof PRICE_KEYS;

export const PRICE_KEY_NAMES = Object.keys(PRICE_KEYS) as readonly PriceKey[];

/** Those that a region's prices must have. An instance's price depends on the instance, which only its owner knows. */
export const REGION_PRICE_KEYS = PRICE_KEY_NAMES.filter((name) => name !== 'instanceHour');
