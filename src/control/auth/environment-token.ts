/** The operator's token that the environment may hold, for places where nobody can look at what is printed at start. */
import { CHOSEN_LENGTH_MIN, TOKEN_LENGTH_MAX } from './token.ts';

export const TOKEN_VARIABLE = 'EDGEBALANCER_ADMIN_TOKEN';

/** Null: there is none. `problem` is a sentence for the operator, without the token. */
export function environmentToken(
  env: Readonly<Record<string, string | undefined>>,
): { readonly token: string | null } | { readonly problem: string } {
  const token = env[TOKEN_VARIABLE];
  if (token === undefined || token === '') return { token: null };
  const help = 'Make one with: openssl rand -base64 32';
  if (token.length < CHOSEN_LENGTH_MIN) {
    return {
      problem: `${TOKEN_VARIABLE} has ${token.length} characters; at least ${CHOSEN_LENGTH_MIN} are needed, since what is shorter can be guessed. ${help}`,
    };
  }
  if (token.length > TOKEN_LENGTH_MAX)
    return { problem: `${TOKEN_VARIABLE} has more than ${TOKEN_LENGTH_MAX} characters.` };
  // RFC 6750, section 2.1: nothing else can stand behind `Bearer`.
  if (!/^[\w.~+/-]+=*$/.test(token)) {
    return {
      problem: `${TOKEN_VARIABLE} has a character that a bearer token cannot have: use letters, digits and - . _ ~ + / with = at its end. ${help}`,
    };
  }
  return { token };
}
