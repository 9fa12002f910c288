/** Starts the dashboard: who looks, what they see, and figures for as long as they may see them. */
import { effect, signal } from '@preact/signals';
import { render } from 'preact';
import { Shell } from './app/shell.tsx';
import { startShortcuts } from './app/shortcuts.ts';
import { startTheme } from './app/theme.ts';
import { startClock } from './data/clock.ts';
import type { Fault } from './data/fault.ts';
import { runFeed } from './data/feed.ts';
import { askSession, sessionState, sessionTurns, signIn, takeSignInCode } from './data/session.ts';
import { followHistory } from './routing/address.ts';
import './design/tokens.css';
import './design/base.css';

/** A server that does not answer yet is asked again. */
const RETRY_MS = 2_000;

const linkProblem = signal<string | null>(null);
const startFault = signal<Fault | null>(null);

function App() {
  return <Shell linkProblem={linkProblem.value} startFault={startFault.value} />;
}

/** A link signs in before anything is asked, so that nothing is refused first. */
async function enter(): Promise<void> {
  const code = takeSignInCode();
  const refused = code === null ? null : await signIn({ code });
  if (refused !== null) {
    linkProblem.value =
      refused.kind === 'signed-out'
        ? 'This link was used already, or has expired. Sign in with a token.'
        : refused.message;
  }
  if (code !== null && refused === null) return;
  startFault.value = await askSession();
  while (startFault.value !== null) {
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    startFault.value = await askSession();
  }
}

startTheme();
startClock();
startShortcuts();
followHistory();
render(<App />, document.getElementById('app') as HTMLElement);
// Whoever signs in or out may see other things: figures begin anew.
effect(() => {
  void sessionTurns.value;
  if (sessionState.value !== 'reading') return;
  const feed = new AbortController();
  void runFeed(feed.signal);
  return () => feed.abort();
});
void enter();
