/** The bill, line by line: how much of what, at which price, and where both come from. */
import type { CostAnswer, CostItem } from '#contract/cost.ts';
import { money, share, UNKNOWN } from '../../format/figures.ts';
import './item-table.css';

const BAR_HEIGHT = 6;

export function ItemTable({ answer }: { readonly answer: CostAnswer }) {
  const { items, monthly, currency } = answer;
  const sorted = items.toSorted((a, b) => b.monthly - a.monthly);
  return (
    <div class="item-table" tabIndex={0} role="group" aria-label="The bill, line by line">
      <table>
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col" class="number">
              Quantity
            </th>
            <th scope="col" class="number">
              Unit price
            </th>
            <th scope="col" class="number">
              A month
            </th>
            <th scope="col">Share</th>
            <th scope="col">Basis</th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((item) => (
            <Line key={item.name} item={item} monthly={monthly} currency={currency} />
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row" colSpan={3}>
              Together
            </th>
            <td class="number">{money(monthly, currency)}</td>
            <td />
            <td />
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

interface LineProps {
  readonly item: CostItem;
  readonly monthly: number;
  readonly currency: string;
}

function Line({ item, monthly, currency }: LineProps) {
  const part = monthly === 0 ? null : item.monthly / monthly;
  return (
    <tr>
      <th scope="row">{item.name}</th>
      <td class="number">
        {quantity(item.quantity)} <span class="soft">{item.unit}</span>
      </td>
      <td class="number">{unitPrice(item.unitPrice, currency)}</td>
      <td class="number">{money(item.monthly, currency)}</td>
      <td>
        <span class="item-share">
          <svg height={BAR_HEIGHT} aria-hidden="true">
            <rect class="item-share-bar" width={`${(part ?? 0) * 100}%`} height={BAR_HEIGHT} rx="2" />
          </svg>
          {part === null ? UNKNOWN : share(part)}
        </span>
      </td>
      <td class="item-basis">{item.basis}</td>
    </tr>
  );
}

const many = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const few = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

function quantity(value: number): string {
  return Math.abs(value) >= 100 ? many.format(value) : few.format(value);
}

/** Prices of single requests are small: all their digits count. */
function unitPrice(value: number, currency: string): string {
  return new Intl.NumberFormat('en', { style: 'currency', currency, maximumSignificantDigits: 6 }).format(value);
}
