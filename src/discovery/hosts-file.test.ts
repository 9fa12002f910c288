import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostsFileNames } from './hosts-file.ts';

test('names of a hosts file, comments left out', () => {
  const names = hostsFileNames('127.0.0.1\tlocalhost\n# 10.0.0.1 no\n\n10.0.0.2  App.Internal db # and so on\n::1');
  assert.deepEqual([...names], ['localhost', 'app.internal', 'db']);
});
