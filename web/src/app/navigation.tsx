/** The pages, as links: beside the page where there is room, along its foot where there is not. */
import { PAGES } from '#contract/pages.ts';
import { Icon } from '../components/icon.tsx';
import { Link } from '../routing/link.tsx';
import { PAGE_PARTS } from '../routing/pages.ts';
import './navigation.css';

export function Navigation() {
  return (
    <nav class="navigation" aria-label="Pages">
      <ul>
        {PAGES.map(({ path, title }) => (
          <li key={path}>
            <Link to={path} class="navigation-link">
              <Icon name={PAGE_PARTS[path].icon} size={18} />
              <span>{title}</span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
