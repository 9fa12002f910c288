import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { pageAnswer, statusPage } from './status-page.ts';

function pageText(): string {
  const { body } = statusPage();
  assert.ok(typeof body === 'string' || Buffer.isBuffer(body));
  return body.toString();
}

describe('status page', () => {
  test('may run its own script and style, and nothing else', () => {
    const { headers } = statusPage();
    const page = pageText();
    const policy = headers?.['content-security-policy'] ?? '';
    const hash = (element: string): string => {
      const [, text] = new RegExp(`<${element}>(.*?)</${element}>`, 's').exec(page) ?? [];
      return createHash('sha256')
        .update(text ?? '')
        .digest('base64');
    };
    assert.ok(policy.includes(`script-src 'sha256-${hash('script')}'`), policy);
    assert.ok(policy.includes(`style-src 'sha256-${hash('style')}'`), policy);
    assert.match(policy, /^default-src 'none';/);
    assert.doesNotMatch(policy, /unsafe/);
  });

  test('holds nothing that the policy would stop: no handlers, no style attributes, nothing from elsewhere', () => {
    const html = pageText();
    assert.doesNotMatch(html, /\son[a-z]+=|\sstyle=|innerHTML|<script [^>]|<link rel="stylesheet"/);
    assert.doesNotMatch(html.replace(/xmlns='[^']+'/g, ''), /https?:\/\//);
  });

  test('a page of several scripts has a hash for each', () => {
    const policy = pageAnswer('<script>1</script><script>2</script><style></style>').headers?.[
      'content-security-policy'
    ];
    assert.equal(policy?.match(/sha256-/g)?.length, 3);
  });
});
