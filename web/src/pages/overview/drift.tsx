/** Says when what runs is not what the file says. */
import type { DriftEntry } from '#contract/control.ts';
import { Link } from '../../routing/link.tsx';
import './drift.css';

export function Drift({ drift: { diff, setAside, says } }: { readonly drift: DriftEntry }) {
  if (diff.length === 0 && setAside === null) return null;
  return (
    <p class="drift" role="status">
      {says} <Link to="configuration">See the difference</Link>
    </p>
  );
}
