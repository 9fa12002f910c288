/** Lines such as `pools.app.backends.b.weight: 1 -> 2`, as the server tells differences. */
import './lines-list.css';

export function LinesList({ lines, label }: { readonly lines: readonly string[]; readonly label: string }) {
  if (lines.length === 0) return <p class="soft">Nothing differs.</p>;
  return (
    <ul class="lines-list" aria-label={label}>
      {lines.map((line) => (
        <li key={line}>
          <code>{line}</code>
        </li>
      ))}
    </ul>
  );
}
