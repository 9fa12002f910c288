/** The bar on top: the name, how current the page is, who looks, and how it is shown. */
import { Button } from '../components/button.tsx';
import { sessionState } from '../data/session.ts';
import { Link } from '../routing/link.tsx';
import { Account } from './account.tsx';
import { ConnectionNotice } from './connection-notice.tsx';
import { showShortcuts } from './shortcuts.ts';
import { themeChoice, turnTheme } from './theme.ts';
import './header.css';

const THEME_ICONS = { system: 'system', light: 'sun', dark: 'moon' } as const;

export function Header() {
  return (
    <header class="header">
      <Link to="" class="header-name" label="EdgeBalancer, overview">
        <svg
          width="20"
          height="20"
          viewBox="0 0 16 16"
          fill="none"
          stroke-width="1.8"
          stroke-linecap="round"
          aria-hidden="true"
        >
          <path d="M1 8h5l4-5h5M6 8h9M6 8l4 5h5" />
        </svg>
        <span>EdgeBalancer</span>
      </Link>
      {sessionState.value === 'reading' && <ConnectionNotice />}
      <div class="header-end">
        <Account />
        <Button kind="quiet" size="small" icon="keyboard" label="Keyboard shortcuts" onClick={showShortcuts} />
        <Button
          kind="quiet"
          size="small"
          icon={THEME_ICONS[themeChoice.value]}
          label={`Theme: ${themeChoice.value}`}
          onClick={turnTheme}
        />
      </div>
    </header>
  );
}
