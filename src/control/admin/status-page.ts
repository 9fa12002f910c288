/** The status page: one file that needs nothing else, allowed to run exactly the script and style that it holds. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Answer } from './answer.ts';

let made: Answer | null = null;

export function statusPage(): Answer {
  made ??= pageAnswer(readFileSync(new URL('status-page.html', import.meta.url), 'utf8'));
  return made;
}

export function pageAnswer(html: string): Answer {
  const policy = [
    "default-src 'none'",
    `script-src ${hashes(html, 'script')}`,
    `style-src ${hashes(html, 'style')}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    status: 200,
    type: 'text/html; charset=utf-8',
    body: html,
    headers: { 'content-security-policy': policy.join('; ') },
  };
}

/** Sources that allow the inline elements of this name, by their content. */
function hashes(html: string, element: string): string {
  const found = [...html.matchAll(new RegExp(`<${element}>(.*?)</${element}>`, 'gs'))];
  return found
    .map(
      ([, text]) =>
        `'sha256-${createHash('sha256')
          .update(text as string)
          .digest('base64')}'`,
    )
    .join(' ');
}
