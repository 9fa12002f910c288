/** What the house rules ask about documents: that everything they point at is there. */
import { dirname, join, normalize } from 'node:path';

/** Relative links of a Markdown text, outside code, without their anchors. */
export function relativeLinks(markdown: string): string[] {
  const prose = withoutCode(markdown);
  const inline = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)];
  const reference = [...prose.matchAll(/^\[[^\]]+\]:\s+(\S+)/gm)];
  return [...inline, ...reference]
    .map((match) => (match[1] ?? '').replace(/#.*$/, ''))
    .filter((target) => target !== '' && !/^[a-z][a-z+.-]*:/i.test(target));
}

/** Where a link of `document` leads, from the repository's root. */
export function linkTarget(document: string, link: string): string {
  return link.startsWith('/') ? link.slice(1) : normalize(join(dirname(document), decodeURIComponent(link)));
}

/** Files and folders that a text names in backticks: `src/main.ts`, `core/outcome.ts`, `docs/decisions/`. */
export function mentionedPaths(markdown: string): string[] {
  const mentioned = [...markdown.matchAll(/`([\w@.-]+(?:\/[\w@.-]+)*\/?)`/g)].map((match) => match[1] ?? '');
  return mentioned.filter((path) => /\.(ts|js|json|md|ya?ml)$/.test(path) || /^[\w.-]+\/([\w./-]*\/)?$/.test(path));
}

/** True when one of `files` is the path named, given from the root, from src/, or by its end alone. */
export function isThere(path: string, files: readonly string[]): boolean {
  if (path.endsWith('/')) return files.some((file) => `/${file}`.includes(`/${path}`));
  return files.some((file) => `/${file}`.endsWith(`/${path}`));
}

/** The `.md` files that comments of a source text refer to. */
export function mentionedDocuments(source: string): string[] {
  const comments = source.match(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$|\s\/\/ .*$/gm) ?? [];
  return comments.flatMap((comment) => comment.match(/[\w./-]+\.md\b/g) ?? []);
}

function withoutCode(markdown: string): string {
  return markdown.replace(/^(```|~~~)[\s\S]*?^\1/gm, '').replace(/`[^`\n]*`/g, '');
}
