/** How much room there is for columns. What is not drawn costs nothing, so this is not left to a style sheet. */
import { signal, type ReadonlySignal } from '@preact/signals';

export type Room = 'wide' | 'medium' | 'phone';

/** As wide as all columns are, with the navigation beside them. */
const WIDE = matchMedia('(min-width: 80rem)');
/** Where tables and pages change for a phone, everywhere (components/table.css). */
const PHONE = matchMedia('(max-width: 45rem)');

const room = signal<Room>(now());
for (const query of [WIDE, PHONE]) query.addEventListener('change', () => (room.value = now()));

export const screenRoom: ReadonlySignal<Room> = room;

function now(): Room {
  return PHONE.matches ? 'phone' : WIDE.matches ? 'wide' : 'medium';
}
