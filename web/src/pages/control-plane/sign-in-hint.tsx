/** Says why nothing can be changed here, to those who may only look. */
import { isOperator, isSignedIn } from '../../data/session.ts';

export function SignInHint() {
  if (isOperator.value) return null;
  return (
    <p class="soft">
      {isSignedIn.value
        ? 'You are signed in as a viewer: changes are for operators.'
        : 'You may look. To drain, weigh, add or switch, sign in as an operator.'}
    </p>
  );
}
