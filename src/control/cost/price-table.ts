/**
 * Prices of five regions, in USD, each with the day on which its source said so. They are list prices on demand, without
 * tax, savings plans or spot. `edgebalancer cost refresh` replaces them with what the AWS Price List says today; prices in
 * the configuration win over both.
 *
 * A price is `verified` when something that states it for that region has been read: AWS's page, an answer of the Price
 * List, or a bill that others have published. Its day is that of what was read, or `MADE` where that has none. The others
 * say where they come from, and an estimate that uses one names it. AWS's GB are 2^30 bytes.
 */
import type { PriceKey } from './price-keys.ts';
import { flat, type Price, type Tier } from './price-tiers.ts';

export interface RegionPrices {
  readonly region: string;
  readonly name: string;
  /** Whose CloudFront prices are meant unless somebody says otherwise. */
  readonly viewers: Viewers;
  readonly prices: Readonly<Partial<Record<PriceKey, Price>>>;
}

/** Groups of edge locations with prices of their own; the names of AWS's usage types are US, EU and AP. */
export type Viewers = 'us' | 'europe' | 'asia';

const PAGES = {
  fargate: 'https://aws.amazon.com/fargate/pricing/',
  alb: 'https://aws.amazon.com/elasticloadbalancing/pricing/',
  vpc: 'https://aws.amazon.com/vpc/pricing/',
  logs: 'https://aws.amazon.com/cloudwatch/pricing/',
  cache: 'https://aws.amazon.com/elasticache/pricing/',
  cloudfront: 'https://aws.amazon.com/cloudfront/pricing/',
  transfer: 'https://aws.amazon.com/ec2/pricing/on-demand/#Data_Transfer',
} as const;

/** The day on which this table was put together. */
const MADE = '2026-11-25';

/** What the AWS Price List, or a bill, says. */
const said = (price: number, asOf: string, service: string): Price => ({
  tiers: flat(price),
  asOf,
  source: `AWS Price List, ${service}`,
  verified: true,
});

/** What a bill that others have published comes to. */
const bill = (price: number, asOf: string, source: string): Price => ({
  tiers: flat(price),
  asOf,
  source: `a published bill; see ${source}`,
  verified: true,
});

/** What AWS's own page, or copies of it, says. */
const page = (price: number, asOf: string, source: string): Price => ({
  tiers: flat(price),
  asOf,
  source,
  verified: true,
});

const unverified = (price: number, source: string, why: string): Price => ({
  tiers: flat(price),
  asOf: MADE,
  source: `${why}; to be checked at ${source}`,
  verified: false,
});

const AS_IN_US_EAST = 'as in us-east-1';
const LESS_FOR_ARM = 'the x86 price less the 20 % by which ARM is cheaper elsewhere, which a published bill bears out';
const LESS_A_FIFTH = 'the price for Redis OSS less the 20 % that AWS says Valkey is cheaper';
const LESS_A_THIRD = 'the price for Redis OSS less the 33 % that AWS says Valkey is cheaper';

const US_EAST: RegionPrices['prices'] = {
  fargateVcpuHour: page(0.04048, '2026-09-20', PAGES.fargate),
  fargateGbHour: page(0.004445, '2026-08-12', PAGES.fargate),
  fargateArmVcpuHour: page(0.03238, '2026-10-06', PAGES.fargate),
  fargateArmGbHour: page(0.00356, '2026-10-06', PAGES.fargate),
  albHour: page(0.0225, '2026-09-20', PAGES.alb),
  albCapacityUnitHour: page(0.008, '2026-09-20', PAGES.alb),
  natGatewayHour: page(0.045, '2026-02-24', PAGES.vpc),
  natGatewayGb: page(0.045, '2026-02-24', PAGES.vpc),
  publicIpv4Hour: page(0.005, '2026-02-24', PAGES.vpc),
  logsGb: said(0.5, '2026-08-12', 'AmazonCloudWatch'),
  cacheGbHour: page(0.084, '2026-06-01', PAGES.cache),
  cacheMillionEcpu: page(0.0023, '2026-06-01', PAGES.cache),
  cacheNodeHour: said(0.0128, '2026-10-06', 'AmazonElastiCache'),
  betweenZonesGb: page(0.01, '2026-06-10', PAGES.transfer),
};

const US_WEST: RegionPrices['prices'] = {
  fargateVcpuHour: said(0.04048, MADE, 'AmazonECS'),
  fargateGbHour: said(0.004445, MADE, 'AmazonECS'),
  fargateArmVcpuHour: unverified(0.03238, PAGES.fargate, AS_IN_US_EAST),
  fargateArmGbHour: unverified(0.00356, PAGES.fargate, AS_IN_US_EAST),
  albHour: said(0.0225, MADE, 'AWSELB'),
  albCapacityUnitHour: unverified(0.008, PAGES.alb, AS_IN_US_EAST),
  natGatewayHour: said(0.045, MADE, 'AmazonEC2'),
  natGatewayGb: unverified(0.045, PAGES.vpc, AS_IN_US_EAST),
  publicIpv4Hour: page(0.005, '2026-02-24', PAGES.vpc),
  logsGb: bill(0.5, MADE, PAGES.logs),
  cacheGbHour: unverified(0.084, PAGES.cache, AS_IN_US_EAST),
  cacheMillionEcpu: unverified(0.0023, PAGES.cache, AS_IN_US_EAST),
  cacheNodeHour: unverified(0.0128, PAGES.cache, AS_IN_US_EAST),
  betweenZonesGb: bill(0.01, MADE, PAGES.transfer),
};

const EU_WEST: RegionPrices['prices'] = {
  fargateVcpuHour: said(0.04048, '2026-05-01', 'AmazonECS'),
  fargateGbHour: said(0.004445, '2026-05-01', 'AmazonECS'),
  fargateArmVcpuHour: said(0.03238, '2026-05-01', 'AmazonECS'),
  fargateArmGbHour: said(0.00356, '2026-05-01', 'AmazonECS'),
  albHour: bill(0.0252, '2026-07-31', PAGES.alb),
  albCapacityUnitHour: bill(0.008, '2026-07-31', PAGES.alb),
  natGatewayHour: said(0.048, '2026-09-25', 'AmazonEC2'),
  natGatewayGb: said(0.048, '2026-09-25', 'AmazonEC2'),
  publicIpv4Hour: bill(0.005, '2026-07-31', PAGES.vpc),
  logsGb: said(0.57, '2026-03-01', 'AmazonCloudWatch'),
  cacheGbHour: unverified(0.094, PAGES.cache, LESS_A_THIRD),
  cacheMillionEcpu: unverified(0.0026, PAGES.cache, LESS_A_THIRD),
  cacheNodeHour: unverified(0.0136, PAGES.cache, LESS_A_FIFTH),
  betweenZonesGb: page(0.01, '2026-06-10', PAGES.transfer),
};

const EU_CENTRAL: RegionPrices['prices'] = {
  fargateVcpuHour: said(0.04656, '2026-07-07', 'AmazonECS'),
  fargateGbHour: said(0.00511, '2026-07-07', 'AmazonECS'),
  fargateArmVcpuHour: unverified(0.03725, PAGES.fargate, LESS_FOR_ARM),
  fargateArmGbHour: unverified(0.00409, PAGES.fargate, LESS_FOR_ARM),
  albHour: bill(0.027, '2026-07-01', PAGES.alb),
  albCapacityUnitHour: unverified(0.008, PAGES.alb, AS_IN_US_EAST),
  natGatewayHour: unverified(0.052, PAGES.vpc, 'the list price as it is commonly quoted'),
  natGatewayGb: unverified(0.052, PAGES.vpc, 'the list price as it is commonly quoted'),
  publicIpv4Hour: page(0.005, '2026-02-24', PAGES.vpc),
  logsGb: page(0.63, '2025-01-01', PAGES.logs),
  cacheGbHour: unverified(0.101, PAGES.cache, LESS_A_THIRD),
  cacheMillionEcpu: unverified(0.0027, PAGES.cache, LESS_A_THIRD),
  cacheNodeHour: unverified(0.0152, PAGES.cache, LESS_A_FIFTH),
  betweenZonesGb: page(0.01, '2026-06-10', PAGES.transfer),
};

const AP_SOUTHEAST: RegionPrices['prices'] = {
  fargateVcpuHour: said(0.05056, '2026-08-21', 'AmazonECS'),
  fargateGbHour: said(0.00553, '2026-08-21', 'AmazonECS'),
  fargateArmVcpuHour: said(0.04045, '2026-08-21', 'AmazonECS'),
  fargateArmGbHour: said(0.00442, '2026-08-21', 'AmazonECS'),
  albHour: said(0.0252, '2026-08-21', 'AWSELB'),
  albCapacityUnitHour: said(0.008, '2026-08-21', 'AWSELB'),
  natGatewayHour: said(0.059, '2026-08-21', 'AmazonEC2'),
  natGatewayGb: bill(0.059, '2025-05-31', PAGES.vpc),
  publicIpv4Hour: page(0.005, '2026-02-24', PAGES.vpc),
  logsGb: said(0.7, '2026-08-12', 'AmazonCloudWatch'),
  cacheGbHour: unverified(0.101, PAGES.cache, LESS_A_THIRD),
  cacheMillionEcpu: unverified(0.0027, PAGES.cache, LESS_A_THIRD),
  cacheNodeHour: unverified(0.0192, PAGES.cache, LESS_A_FIFTH),
  betweenZonesGb: page(0.01, '2026-06-10', PAGES.transfer),
};

/** The ends of CloudFront's tiers: 10 TB, then 40, 100, 350 and 524 TB and 4 PB more. */
const CLOUDFRONT_ENDS = [10, 50, 150, 500, 1024, 5120, Infinity].map((tb) => tb * 1024);
/** Those of data out to the internet: 10 TB, then 40 and 100 TB more. */
const INTERNET_ENDS = [10, 50, 150, Infinity].map((tb) => tb * 1024);

const tiers = (ends: readonly number[], prices: readonly number[]): readonly Tier[] =>
  ends.map((upTo, at) => ({ upTo, price: prices[at] as number }));

const edge = (requests10k: number, toOrigin: number, out: readonly number[]): RegionPrices['prices'] => ({
  cloudfrontRequests10k: page(requests10k, '2026-10-01', PAGES.cloudfront),
  cloudfrontToOriginGb: page(toOrigin, '2026-10-01', PAGES.cloudfront),
  cloudfrontOutGb: { ...page(0, '2026-10-01', PAGES.cloudfront), tiers: tiers(CLOUDFRONT_ENDS, out) },
});

/** CloudFront's prices by where the viewers are. */
export const EDGE_PRICES: Readonly<Record<Viewers, RegionPrices['prices']>> = {
  us: edge(0.01, 0.02, [0.085, 0.08, 0.06, 0.04, 0.03, 0.025, 0.02]),
  europe: edge(0.012, 0.02, [0.085, 0.08, 0.06, 0.04, 0.03, 0.025, 0.02]),
  asia: edge(0.012, 0.06, [0.12, 0.1, 0.095, 0.09, 0.08, 0.07, 0.06]),
};

const internet = (price: Price, out: readonly number[]): RegionPrices['prices'] => ({
  internetOutGb: { ...price, tiers: tiers(INTERNET_ENDS, out) },
});
const US_OUT = internet(page(0, '2026-06-10', PAGES.transfer), [0.09, 0.085, 0.07, 0.05]);
const EU_OUT = internet(unverified(0, PAGES.transfer, AS_IN_US_EAST), [0.09, 0.085, 0.07, 0.05]);
const SINGAPORE_OUT = internet(said(0, '2026-08-12', 'AWSDataTransfer'), [0.12, 0.085, 0.082, 0.08]);

export const PRICE_TABLE: readonly RegionPrices[] = [
  { region: 'us-east-1', name: 'N. Virginia', viewers: 'us', prices: { ...US_EAST, ...US_OUT } },
  { region: 'us-west-2', name: 'Oregon', viewers: 'us', prices: { ...US_WEST, ...US_OUT } },
  { region: 'eu-west-1', name: 'Ireland', viewers: 'europe', prices: { ...EU_WEST, ...EU_OUT } },
  { region: 'eu-central-1', name: 'Frankfurt', viewers: 'europe', prices: { ...EU_CENTRAL, ...EU_OUT } },
  { region: 'ap-southeast-1', name: 'Singapore', viewers: 'asia', prices: { ...AP_SOUTHEAST, ...SINGAPORE_OUT } },
];

export const KNOWN_REGIONS: readonly string[] = PRICE_TABLE.map(({ region }) => region);
