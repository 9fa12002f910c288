/** Signing in with a token. Links of a first start bring a code instead, which is taken before anything is shown. */
import { useState } from 'preact/hooks';
import type { TargetedSubmitEvent } from 'preact';
import { Button } from '../components/button.tsx';
import { TextField } from '../components/field.tsx';
import { signIn } from '../data/session.ts';
import './sign-in-form.css';

export interface SignInFormProps {
  /** Why a link has not signed in; null: there was none, or it has. */
  readonly linkProblem?: string | null;
  readonly onDone?: () => void;
}

export function SignInForm({ linkProblem = null, onDone }: SignInFormProps) {
  const [token, setToken] = useState('');
  const [problem, setProblem] = useState(linkProblem ?? '');
  const [busy, setBusy] = useState(false);
  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setProblem('');
    const fault = await signIn({ token: token.trim() });
    setBusy(false);
    setToken('');
    if (fault === null) return onDone?.();
    setProblem(fault.kind === 'signed-out' ? 'This token is wrong, was revoked, or has expired.' : fault.message);
  };
  return (
    <form class="sign-in-form" onSubmit={(event) => void submit(event)}>
      <p class="soft">
        With a token for the admin API: the one that the first start has printed, or one that{' '}
        <code>edgebalancer token create</code> makes. It is kept by the server, in a session that ends after half an
        hour of silence.
      </p>
      <TextField
        label="Token"
        type="password"
        autocomplete="current-password"
        maxLength={512}
        required
        value={token}
        onInput={setToken}
        error={problem}
      />
      <div>
        <Button type="submit" kind="primary" busy={busy}>
          Sign in
        </Button>
      </div>
    </form>
  );
}
