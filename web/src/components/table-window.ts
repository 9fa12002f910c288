/** Which rows of a long table are drawn: those in sight, and some beyond so that scrolling shows no empty stretch. */
import { useLayoutEffect, useState } from 'preact/hooks';
import type { RefObject } from 'preact';

/** Below this a browser draws all of them faster than this could choose. */
export const WHOLE_MAX = 80;
const BEYOND = 8;

export interface RowWindow {
  /** The first row that is drawn, and the one after the last. */
  readonly from: number;
  readonly to: number;
}

/** `rowHeight` in pixels; every row is as high. `scroller` is what scrolls. */
export function useRowWindow(scroller: RefObject<HTMLElement | null>, rows: number, rowHeight: number): RowWindow {
  const [place, setPlace] = useState({ top: 0, height: 600 });
  const whole = rows <= WHOLE_MAX;
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null || whole) return;
    let asked = 0;
    const look = (): void => {
      asked = 0;
      // By whole rows: scrolling within one draws nothing anew.
      const top = Math.floor(element.scrollTop / rowHeight) * rowHeight;
      const height = element.clientHeight;
      setPlace((before) => (before.top === top && before.height === height ? before : { top, height }));
    };
    const later = (): void => {
      asked ||= requestAnimationFrame(look);
    };
    look();
    element.addEventListener('scroll', later, { passive: true });
    const observer = new ResizeObserver(later);
    observer.observe(element);
    return () => {
      element.removeEventListener('scroll', later);
      observer.disconnect();
      cancelAnimationFrame(asked);
    };
  }, [whole, rowHeight, scroller]);
  if (whole) return { from: 0, to: rows };
  const from = Math.max(0, Math.floor(place.top / rowHeight) - BEYOND);
  return { from: Math.min(from, rows), to: Math.min(rows, Math.ceil((place.top + place.height) / rowHeight) + BEYOND) };
}
