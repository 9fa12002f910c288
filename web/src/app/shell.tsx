/** The frame around every page: header, navigation, the page itself, and what is told beside it. */
import { Card } from '../components/card.tsx';
import { Skeleton } from '../components/skeleton.tsx';
import { ErrorFace } from '../components/error-face.tsx';
import { Toasts } from '../components/toasts.tsx';
import type { Fault } from '../data/fault.ts';
import { sessionState } from '../data/session.ts';
import { Announcements } from './announcements.tsx';
import { Header } from './header.tsx';
import { Navigation } from './navigation.tsx';
import { PageOutlet } from './page-outlet.tsx';
import { ShortcutsDialog } from './shortcuts-dialog.tsx';
import { SignInForm } from './sign-in-form.tsx';
import './shell.css';

export interface ShellProps {
  /** Why a sign-in link has not signed in; null: it has, or there was none. */
  readonly linkProblem: string | null;
  /** Why nothing is known of who looks; null: it is known, or being asked. */
  readonly startFault: Fault | null;
}

export function Shell({ linkProblem, startFault }: ShellProps) {
  const state = sessionState.value;
  return (
    <>
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <div class="shell">
        <Header />
        {/* There before it is known who looks: what comes must not move what is there. */}
        {(state === 'reading' || (state === 'unknown' && startFault === null)) && <Navigation />}
        <main id="main" class="main" tabIndex={-1}>
          {state === 'reading' && <PageOutlet />}
          {state === 'signed-out' && (
            <div class="sign-in-page">
              <h1 class="unseen">EdgeBalancer</h1>
              <Card title="Sign in">
                <SignInForm linkProblem={linkProblem} />
              </Card>
            </div>
          )}
          {state === 'unknown' && (startFault === null ? <Skeleton lines={6} /> : <ErrorFace fault={startFault} />)}
        </main>
      </div>
      <ShortcutsDialog />
      <Toasts />
      <Announcements />
    </>
  );
}
