/** The list of keys, opened by `?`. */
import { PAGES } from '#contract/pages.ts';
import { Dialog } from '../components/dialog.tsx';
import { PAGE_PARTS } from '../routing/pages.ts';
import { hideShortcuts, pageShortcuts, shortcutsShown } from './shortcuts.ts';
import './shortcuts-dialog.css';

export function ShortcutsDialog() {
  const own = pageShortcuts.value;
  return (
    <Dialog open={shortcutsShown.value} onClose={hideShortcuts} title="Keyboard shortcuts">
      <dl class="shortcuts">
        {PAGES.map(({ path, title }) => (
          <Row key={path} keys={['g', PAGE_PARTS[path].key]} says={title} />
        ))}
        <Row keys={['?']} says="This list" />
        <Row keys={['↑', '↓']} says="From row to row in a table" />
        <Row keys={['Enter']} says="Open the row" />
      </dl>
      {own.length > 0 && (
        <>
          <h3>On this page</h3>
          <dl class="shortcuts">
            {own.map(({ key, says }) => (
              <Row key={key} keys={[key]} says={says} />
            ))}
          </dl>
        </>
      )}
    </Dialog>
  );
}

function Row({ keys, says }: { readonly keys: readonly string[]; readonly says: string }) {
  return (
    <div>
      <dt>
        {keys.map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </dt>
      <dd>{says}</dd>
    </div>
  );
}
