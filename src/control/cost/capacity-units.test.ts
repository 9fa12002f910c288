import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capacityUnits, type BalancerLoad } from './capacity-units.ts';

const IDLE: BalancerLoad = {
  newConnectionsPerSecond: 0,
  activeConnections: 0,
  gbPerHour: 0,
  requestsPerSecond: 0,
  rules: 1,
};

test('the example of the pricing page', () => {
  // One connection a second that lasts two minutes, five requests a second, 300 KB a second, 60 rules.
  const { units, dimension, each } = capacityUnits({
    newConnectionsPerSecond: 1,
    activeConnections: 120,
    gbPerHour: 1.08,
    requestsPerSecond: 5,
    rules: 60,
  });
  assert.deepEqual(
    each.map((one) => [one.name, one.units]),
    [
      ['new connections', 0.04],
      ['active connections', 0.04],
      ['processed bytes', 1.08],
      ['rule evaluations', 0.25],
    ],
  );
  assert.equal(units, 1.08);
  assert.equal(dimension, 'processed bytes');
});

test('each dimension can be the one that counts; ten rules are free', () => {
  const dimensionOf = (load: Partial<BalancerLoad>): [string, number] => {
    const { dimension, units } = capacityUnits({ ...IDLE, ...load });
    return [dimension, units];
  };
  assert.deepEqual(dimensionOf({ newConnectionsPerSecond: 50 }), ['new connections', 2]);
  assert.deepEqual(dimensionOf({ activeConnections: 9000 }), ['active connections', 3]);
  assert.deepEqual(dimensionOf({ gbPerHour: 4 }), ['processed bytes', 4]);
  assert.deepEqual(dimensionOf({ requestsPerSecond: 1000, rules: 15 }), ['rule evaluations', 5]);
  assert.equal(capacityUnits({ ...IDLE, requestsPerSecond: 1000, rules: 10 }).units, 0);
});
