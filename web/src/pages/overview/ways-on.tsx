/** The links that a newcomer looks for first. */
import { Link } from '../../routing/link.tsx';
import './ways-on.css';

export function WaysOn() {
  return (
    <nav class="ways-on" aria-label="Look closer">
      <Link to="control-plane">Control plane</Link>
      <Link to="metrics-view">Metrics</Link>
      <Link to="architecture">Architecture</Link>
    </nav>
  );
}
