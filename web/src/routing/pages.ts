/**
 * What each page is made of. A page is one file, `pages/NAME/page.tsx`, that exports its component as default; it is loaded
 * when somebody goes there. Its title and path are in the contract, since the server answers at these paths too.
 */
import type { ComponentType } from 'preact';
import type { PagePath } from '#contract/pages.ts';
import type { IconName } from '../components/icon.tsx';

interface PageModule {
  readonly default: ComponentType;
}
export interface PageParts {
  readonly icon: IconName;
  /** Pressed after `g`. */
  readonly key: string;
  readonly load: () => Promise<PageModule>;
}

export const PAGE_PARTS: Readonly<Record<PagePath, PageParts>> = {
  '': { icon: 'overview', key: 'o', load: () => import('../pages/overview/page.tsx') },
  'control-plane': { icon: 'control', key: 'c', load: () => import('../pages/control-plane/page.tsx') },
  'metrics-view': { icon: 'metrics', key: 'm', load: () => import('../pages/metrics/page.tsx') },
  requests: { icon: 'requests', key: 'r', load: () => import('../pages/requests/page.tsx') },
  architecture: { icon: 'architecture', key: 'a', load: () => import('../pages/architecture/page.tsx') },
  cost: { icon: 'cost', key: 's', load: () => import('../pages/cost/page.tsx') },
  configuration: { icon: 'configuration', key: 'f', load: () => import('../pages/configuration/page.tsx') },
  copilot: { icon: 'copilot', key: 'p', load: () => import('../pages/copilot/page.tsx') },
};
