/** Who brings the cost about: each route, what is made again, and what nobody does. */
import type { CostAnswer, CostShare } from '#contract/cost.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { Table, type Column } from '../../components/table.tsx';
import { money, share, short, UNKNOWN } from '../../format/figures.ts';

export function RouteTable({ answer }: { readonly answer: CostAnswer }) {
  const { routes, retries, unassigned, monthly, currency } = answer;
  const columns: readonly Column<CostShare>[] = [
    { key: 'name', title: 'Route', cell: ({ name }) => <strong>{name}</strong>, sortBy: ({ name }) => name },
    {
      key: 'requests',
      title: 'Requests a month',
      align: 'right',
      cell: ({ requests }) => short(requests),
      sortBy: ({ requests }) => requests,
    },
    {
      key: 'monthly',
      title: 'A month',
      align: 'right',
      cell: (one) => money(one.monthly, currency),
      sortBy: (one) => one.monthly,
    },
    {
      key: 'share',
      title: 'Share',
      align: 'right',
      minor: true,
      cell: (one) => (monthly === 0 ? UNKNOWN : share(one.monthly / monthly)),
    },
    {
      key: 'million',
      title: 'Per million',
      align: 'right',
      cell: ({ perMillionRequests }) => money(perMillionRequests, currency),
      sortBy: ({ perMillionRequests }) => perMillionRequests ?? 0,
    },
  ];
  return (
    <>
      <Table
        label="Cost by route"
        columns={columns}
        rows={routes}
        rowKey={({ name }) => name}
        firstOrder={{ by: 'monthly', descending: true }}
        empty={
          <EmptyState icon="cost" title="No request has been seen yet">
            Routes share the cost by the requests that they take.
          </EmptyState>
        }
      />
      <p class="cost-remark">
        Made again: {short(retries.requests)} attempts, {money(retries.monthly, currency)} a month, which is part of the
        above. No route’s: {money(unassigned, currency)}.
      </p>
    </>
  );
}
