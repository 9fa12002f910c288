/**
 * Shows the page of the address. Pages are loaded when they are first gone to; one that cannot be loaded says so, since the
 * server may have been given a newer build meanwhile. After a step to another page the focus is at its beginning.
 */
import { Component, type ComponentChildren, type ComponentType } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { PAGES, type PagePath } from '#contract/pages.ts';
import { EmptyState } from '../components/empty-state.tsx';
import { ErrorFace } from '../components/error-face.tsx';
import { Skeleton } from '../components/skeleton.tsx';
import { asFault, Fault } from '../data/fault.ts';
import { page } from '../routing/address.ts';
import { Link } from '../routing/link.tsx';
import { PAGE_PARTS } from '../routing/pages.ts';
import { announce } from './announcements.tsx';

const loaded = new Map<PagePath, ComponentType>();

export function PageOutlet() {
  const path = page.value;
  if (path === null) {
    return (
      <EmptyState icon="warning" title="There is no such page">
        <Link to="">To the overview</Link>
      </EmptyState>
    );
  }
  return (
    <Boundary key={path}>
      <LoadedPage path={path} />
    </Boundary>
  );
}

function LoadedPage({ path }: { readonly path: PagePath }) {
  const [Page, setPage] = useState<ComponentType | null>(() => loaded.get(path) ?? null);
  const [fault, setFault] = useState<Fault | null>(null);
  useArrival(path);
  useEffect(() => {
    if (Page !== null) return;
    PAGE_PARTS[path].load().then(
      (module) => {
        loaded.set(path, module.default);
        setPage(() => module.default);
      },
      () => setFault(notLoaded()),
    );
  }, [path]);
  if (fault !== null) return <ErrorFace fault={fault} onRetry={() => location.reload()} />;
  if (Page === null) return <Skeleton lines={6} label="Loading the page" />;
  return <Page />;
}

function notLoaded(): Fault {
  return new Fault(
    'unreachable',
    0,
    'The page could not be loaded',
    'EdgeBalancer does not answer, or has been updated since.',
  );
}

/** Names the window after the page, and takes the focus there unless this is where the reader came in. */
function useArrival(path: PagePath): void {
  const title = PAGES.find((one) => one.path === path)?.title ?? '';
  const first = useRef(loaded.size === 0);
  useEffect(() => {
    document.title = `${title} · EdgeBalancer`;
    if (first.current) return;
    announce(title);
    document.getElementById('main')?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [title]);
}

/** A fault of one page leaves the rest of the dashboard as it is. */
class Boundary extends Component<{ readonly children: ComponentChildren }, { readonly thrown: unknown }> {
  override state = { thrown: undefined };

  static override getDerivedStateFromError(thrown: unknown): { thrown: unknown } {
    return { thrown };
  }

  override render() {
    const { thrown } = this.state;
    if (thrown === undefined) return this.props.children;
    return <ErrorFace fault={asFault(thrown)} onRetry={() => this.setState({ thrown: undefined })} />;
  }
}
