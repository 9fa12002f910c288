/** A value that somebody types, taken once they have stopped: what is asked of a server is not asked at each key. */
import { useEffect, useState } from 'preact/hooks';

const QUIET_MS = 350;

export function useSettled<T extends string | number>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    if (value === settled) return;
    const timer = setTimeout(() => setSettled(value), QUIET_MS);
    return () => clearTimeout(timer);
  }, [value, settled]);
  return settled;
}
