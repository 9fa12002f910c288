import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PRICE_KEY_NAMES } from '../price-keys.ts';
import { edgeQueries, regionalQueries } from './queries.ts';

const wanted = regionalQueries('us-east-1').flatMap((query) => query.wanted);
const matches = (key: string, usageType: string): boolean =>
  wanted.find((one) => one.key === key)?.usageType.test(usageType) ?? assert.fail(key);

test('a usage type may begin with the code of a region, and with nothing else', () => {
  for (const prefix of ['', 'EU-', 'EUC1-', 'USE1-', 'USW2-', 'APS1-', 'CAN1-', 'MES1-'])
    assert.ok(matches('albHour', `${prefix}LoadBalancerUsage`), prefix);
  for (const prefix of ['TS-', 'EUC1-TS-', 'Outposts-', 'EUC1-Outposts-'])
    assert.ok(!matches('albHour', `${prefix}LoadBalancerUsage`), prefix);
  assert.ok(!matches('natGatewayHour', 'EU-RegionalNatGateway-Hours'));
  assert.ok(!matches('fargateVcpuHour', 'EU-Fargate-ARM-vCPU-Hours:perCPU'));
  assert.ok(!matches('cacheNodeHour', 'EU-NodeUsage:cacheXt4gXmicro'));
});

test('every price but an instance’s is asked for', () => {
  const keys = [...wanted, ...edgeQueries('asia').flatMap((query) => query.wanted)].map(({ key }) => key);
  assert.deepEqual(keys.toSorted(), PRICE_KEY_NAMES.filter((key) => key !== 'instanceHour').toSorted());
});
