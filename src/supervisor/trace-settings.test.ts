import assert from 'node:assert/strict';
import { test } from 'node:test';
import { traceSettings, type TraceSettings } from './trace-settings.ts';

const ABOUT = { version: '1.2.3', instance: 'i-1' };

function settings(otlp: string, env: Record<string, string> = {}, headers = {}): TraceSettings {
  const made = traceSettings({ otlp, headers, sample: 1, clients: 1 }, env, ABOUT);
  assert.ok(made !== null);
  return made;
}

test('without a collector there is nothing to send to', () => {
  assert.equal(traceSettings({ otlp: null, headers: {}, sample: 1, clients: 1 }, {}, ABOUT), null);
});

test('a base URL gets the path of traces, a whole one is kept, and a secret in it is not shown', () => {
  const href = (otlp: string): string => settings(otlp).url.href;
  assert.equal(href('http://c:4318'), 'http://c:4318/v1/traces');
  assert.equal(href('http://c:4318/'), 'http://c:4318/v1/traces');
  assert.equal(href('https://c/otlp/?x=1'), 'https://c/otlp/v1/traces?x=1');
  assert.equal(href('https://c/otlp/v1/traces'), 'https://c/otlp/v1/traces');
  const secret = settings('https://me:pass@c/?api_key=abc');
  assert.equal(secret.shownUrl, 'https://***@c/v1/traces?api_key=***');
});

test('fields come from the environment and the configuration, which wins', () => {
  const env = {
    OTEL_EXPORTER_OTLP_HEADERS: 'Api-Key=one%20two , x-a=1,broken,=2,bad name=3,x-line=a%0ab,x-bad=%zz',
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-a=2,x-b=3',
  };
  assert.deepEqual(settings('http://c', env, { 'x-b': '4' }).headers, { 'api-key': 'one two', 'x-a': '2', 'x-b': '4' });
});

test('the process is named as the environment says', () => {
  assert.deepEqual(settings('http://c').resource, {
    'service.name': 'edgebalancer',
    'service.version': '1.2.3',
    'service.instance.id': 'i-1',
  });
  const env = { OTEL_RESOURCE_ATTRIBUTES: 'service.name=a,deployment.environment.name=prod%2Ceu;note=1' };
  assert.deepEqual(settings('http://c', env).resource, {
    'service.name': 'a',
    'service.version': '1.2.3',
    'service.instance.id': 'i-1',
    'deployment.environment.name': 'prod,eu',
  });
  assert.equal(settings('http://c', { ...env, OTEL_SERVICE_NAME: 'b' }).resource['service.name'], 'b');
});
