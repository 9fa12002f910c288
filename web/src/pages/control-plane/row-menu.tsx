/** The menu of one row (WAI-ARIA, menu pattern): in the top layer, since a table's frame would cut it off. */
import { signal } from '@preact/signals';
import type { TargetedKeyboardEvent, TargetedMouseEvent } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { Button } from '../../components/button.tsx';
import { ACTIONS, actionsFor } from './backend-action.ts';
import { rowByKey } from './backend-rows.ts';
import { askAction } from './pending-change.ts';
import { openBackend } from './table-view.ts';
import './row-menu.css';

interface OpenMenu {
  readonly key: string;
  /** What it hangs at, and what gets the focus back. */
  readonly anchor: HTMLElement;
}
const menu = signal<OpenMenu | null>(null);

/** Pixels between the button and the menu, and between the menu and the window's edge. */
const GAP = 4;

export function RowMenuButton({ rowKey }: { readonly rowKey: string }) {
  const open = (event: TargetedMouseEvent<HTMLButtonElement>): void =>
    void (menu.value = { key: rowKey, anchor: event.currentTarget });
  return (
    <Button
      kind="quiet"
      size="small"
      icon="more"
      label={`More for ${rowKey}`}
      expanded={menu.value?.key === rowKey}
      onClick={open}
    />
  );
}

/** Once on a page, whichever row it is for. */
export function RowMenu() {
  const shown = menu.value;
  return shown === null ? null : <MenuList key={shown.key} rowKey={shown.key} anchor={shown.anchor} />;
}

function MenuList({ rowKey, anchor }: { readonly rowKey: string; readonly anchor: HTMLElement }) {
  const element = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const list = element.current;
    if (list === null) return;
    list.showPopover();
    place(list, anchor);
    list.querySelector('button')?.focus();
  }, []);
  const close = (back: boolean): void => {
    menu.value = null;
    if (back) anchor.focus();
  };
  const choose = (run: () => void): void => {
    close(true);
    run();
  };
  const row = rowByKey.value.get(rowKey);
  return (
    <div
      ref={element}
      popover="auto"
      role="menu"
      class="row-menu"
      aria-label={rowKey}
      onKeyDown={(event) => move(event, close)}
      onToggle={(event) => event.newState === 'closed' && menu.peek()?.key === rowKey && close(false)}
    >
      <Item says="Details" shortcut="Enter" onChoose={() => choose(() => openBackend(rowKey))} />
      {row !== undefined &&
        actionsFor(row).map((name) => (
          <Item
            key={name}
            says={ACTIONS[name].title}
            shortcut={ACTIONS[name].key}
            danger={ACTIONS[name].danger}
            onChoose={() => choose(() => askAction(name, [rowKey]))}
          />
        ))}
    </div>
  );
}

interface ItemProps {
  readonly says: string;
  readonly shortcut: string;
  readonly danger?: boolean;
  readonly onChoose: () => void;
}

function Item({ says, shortcut, danger = false, onChoose }: ItemProps) {
  return (
    <button type="button" role="menuitem" tabIndex={-1} class={danger ? 'row-menu-danger' : ''} onClick={onChoose}>
      {says}
      <kbd aria-hidden="true">{shortcut}</kbd>
    </button>
  );
}

function move(event: TargetedKeyboardEvent<HTMLElement>, close: (back: boolean) => void): void {
  const items = [...event.currentTarget.querySelectorAll('button')];
  const at = items.indexOf(document.activeElement as HTMLButtonElement);
  const steps: Readonly<Record<string, number>> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 };
  const next = steps[event.key];
  event.stopPropagation();
  if (event.key === 'Escape' || event.key === 'Tab') close(true);
  else if (next !== undefined) items.at(next % items.length)?.focus();
  else return;
  event.preventDefault();
}

/** Below its button, or above where there is no room. */
function place(list: HTMLElement, anchor: HTMLElement): void {
  const at = anchor.getBoundingClientRect();
  const { width, height } = list.getBoundingClientRect();
  const below = at.bottom + GAP + height <= innerHeight - GAP;
  list.style.left = `${Math.max(GAP, at.right - width)}px`;
  list.style.top = `${below ? at.bottom + GAP : Math.max(GAP, at.top - GAP - height)}px`;
}
