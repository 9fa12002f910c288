import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formOf } from './exposition-form.ts';

test('OpenMetrics is for those who want it at least as much as text', () => {
  // Prometheus 2.42, as Debian has it.
  const prometheus =
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
  for (const accept of [prometheus, 'application/openmetrics-text', 'Application/OpenMetrics-Text; version="1.0.0"'])
    assert.equal(formOf(accept), 'openmetrics', accept);
  for (const accept of [
    undefined,
    '',
    '*/*',
    'text/plain',
    'application/openmetrics-text;q=0, text/plain',
    'application/openmetrics-text;q=0.3, text/plain;q=0.5',
    'application/openmetrics-text; version=2.0.0',
    'application/openmetrics-text;q=x',
    `application/openmetrics-text,${'x'.repeat(3000)}`,
  ])
    assert.equal(formOf(accept), 'text', String(accept));
});
