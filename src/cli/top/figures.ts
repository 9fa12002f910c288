/** Figures in few characters. */

/** A second. */
export function rateText(value: number): string {
  if (value >= 100_000) return `${(value / 1000).toFixed(0)}k`;
  return value >= 100 || value === 0 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** Milliseconds. */
export function msText(value: number): string {
  if (value >= 10_000) return `${(value / 1000).toFixed(0)}s`;
  return value >= 100 ? `${value.toFixed(0)}ms` : `${value.toFixed(1)}ms`;
}

/** Seconds. */
export function upText(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor(seconds / 3600) % 24;
  const minutes = Math.floor(seconds / 60) % 60;
  if (days > 0) return `${days}d ${hours}h`;
  return hours > 0 ? `${hours}h ${minutes}m` : minutes > 0 ? `${minutes}m` : `${Math.floor(seconds)}s`;
}
