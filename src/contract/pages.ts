/**
 * The dashboard's pages, as the paths that browsers ask for. Each is one segment below the page itself, so that what a page
 * names lies beside it wherever a route mounts the control plane. What a page shows beyond that (pool, range, filters) is in
 * its query, which the server does not look at.
 */
export const PAGES = [
  { path: '', title: 'Overview' },
  { path: 'control-plane', title: 'Control plane' },
  { path: 'metrics-view', title: 'Metrics' },
  { path: 'requests', title: 'Requests' },
  { path: 'architecture', title: 'Architecture' },
  { path: 'cost', title: 'Cost' },
  { path: 'configuration', title: 'Configuration' },
  { path: 'copilot', title: 'Copilot' },
] as const;

export type PagePath = (typeof PAGES)[number]['path'];
