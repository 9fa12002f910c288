/**
 * Where each price is found in the AWS Price List: the service's code, what to ask for, and which of the answers it is.
 * Usage types begin with a code of the region (`EUC1-…`, none for us-east-1 in some services), which is left open: the
 * region is asked for by its name. Siblings with a word between (`EUC1-TS-LoadBalancerUsage`, `…-RegionalNatGateway-Hours`)
 * are other products.
 */
import type { PriceKey } from '../price-keys.ts';
import type { Viewers } from '../price-table.ts';

export interface Wanted {
  readonly key: PriceKey;
  readonly usageType: RegExp;
  /** How many of the Price List's units are one of ours. */
  readonly scale: number;
  /** Attributes that must be so where the product has them. */
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface PriceQuery {
  readonly service: string;
  /** What identifies the region, or the place, and narrows the answer. */
  readonly filters: Readonly<Record<string, string>>;
  readonly wanted: readonly Wanted[];
  /** False: the public file of this service is hundreds of MB, and is not fetched. */
  readonly inPublicFile: boolean;
}

/** `BoxUsage` of any region: at the beginning, or after a code of one (`EU`, `EUC1`, `USW2`); `TS` is none. */
const usage = (name: string): RegExp => new RegExp(`^(?:(?!TS-)[A-Z]{2,3}\\d?-)?${name}$`);

const want = (key: PriceKey, name: string, more: Partial<Pick<Wanted, 'scale' | 'attributes'>> = {}): Wanted => ({
  key,
  usageType: usage(name),
  scale: more.scale ?? 1,
  ...(more.attributes === undefined ? {} : { attributes: more.attributes }),
});

export function regionalQueries(region: string): PriceQuery[] {
  const of = (
    service: string,
    filters: Record<string, string>,
    wanted: readonly Wanted[],
    inPublicFile = true,
  ): PriceQuery => ({ service, filters: { regionCode: region, ...filters }, wanted, inPublicFile });
  const application = { operation: 'LoadBalancing:Application' };
  return [
    of('AmazonECS', { productFamily: 'Compute' }, [
      want('fargateVcpuHour', 'Fargate-vCPU-Hours:perCPU'),
      want('fargateGbHour', 'Fargate-GB-Hours'),
      want('fargateArmVcpuHour', 'Fargate-ARM-vCPU-Hours:perCPU'),
      want('fargateArmGbHour', 'Fargate-ARM-GB-Hours'),
    ]),
    of('AWSELB', { productFamily: 'Load Balancer-Application' }, [
      want('albHour', 'LoadBalancerUsage', { attributes: application }),
      want('albCapacityUnitHour', 'LCUUsage', { attributes: application }),
    ]),
    of(
      'AmazonEC2',
      { productFamily: 'NAT Gateway' },
      [
        want('natGatewayHour', 'NatGateway-Hours', { attributes: { operation: 'NatGateway' } }),
        want('natGatewayGb', 'NatGateway-Bytes', { attributes: { operation: 'NatGateway' } }),
      ],
      false,
    ),
    of('AmazonVPC', {}, [want('publicIpv4Hour', 'PublicIPv4:InUseAddress')]),
    of('AmazonCloudWatch', { productFamily: 'Data Payload' }, [
      want('logsGb', 'DataProcessing-Bytes', { attributes: { operation: 'PutLogEvents' } }),
    ]),
    of('AmazonElastiCache', {}, [
      want('cacheGbHour', 'CachedData:Valkey'),
      want('cacheMillionEcpu', 'ElastiCacheProcessingUnits:Valkey', { scale: 1e6 }),
    ]),
    of('AmazonElastiCache', { instanceType: 'cache.t4g.micro' }, [
      want('cacheNodeHour', 'NodeUsage:cache\\.t4g\\.micro', { attributes: { cacheEngine: 'Valkey' } }),
    ]),
    {
      service: 'AWSDataTransfer',
      filters: { fromRegionCode: region, transferType: 'IntraRegion' },
      wanted: [want('betweenZonesGb', 'DataTransfer-Regional-Bytes')],
      inPublicFile: true,
    },
    {
      service: 'AWSDataTransfer',
      filters: { fromRegionCode: region, transferType: 'AWS Outbound' },
      wanted: [want('internetOutGb', 'DataTransfer-Out-Bytes')],
      inPublicFile: true,
    },
  ];
}

/** CloudFront's names for its groups of edge locations. */
const EDGE_CODES: Readonly<Record<Viewers, string>> = { us: 'US', europe: 'EU', asia: 'AP' };

export function edgeQueries(viewers: Viewers): PriceQuery[] {
  const code = EDGE_CODES[viewers];
  const one = (key: PriceKey, name: string, scale = 1): PriceQuery => ({
    service: 'AmazonCloudFront',
    filters: { usagetype: `${code}-${name}` },
    wanted: [{ key, usageType: new RegExp(`^${code}-${name}$`), scale }],
    inPublicFile: true,
  });
  return [
    one('cloudfrontRequests10k', 'Requests-Tier2-HTTPS', 10_000),
    one('cloudfrontOutGb', 'DataTransfer-Out-Bytes'),
    one('cloudfrontToOriginGb', 'DataTransfer-Out-OBytes'),
  ];
}
