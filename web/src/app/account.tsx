/** Who is signed in, and the way in and out. */
import { useState } from 'preact/hooks';
import { Button } from '../components/button.tsx';
import { Dialog } from '../components/dialog.tsx';
import { isSignedIn, session, sessionState, signOut } from '../data/session.ts';
import { SignInForm } from './sign-in-form.tsx';

export function Account() {
  const [asking, setAsking] = useState(false);
  const who = session.value;
  if (isSignedIn.value && who !== null) {
    return (
      <>
        <span class="account-name" title={who.role === 'operator' ? 'May change things' : 'May only look'}>
          {who.name} <span class="soft">({who.role})</span>
        </span>
        <Button kind="quiet" size="small" onClick={() => void signOut()}>
          Sign out
        </Button>
      </>
    );
  }
  // Where nothing can be read, the form stands in place of the page.
  if (sessionState.value !== 'reading') return null;
  return (
    <>
      <Button size="small" onClick={() => setAsking(true)}>
        Sign in
      </Button>
      <Dialog open={asking} onClose={() => setAsking(false)} title="Sign in">
        <SignInForm onDone={() => setAsking(false)} />
      </Dialog>
    </>
  );
}
