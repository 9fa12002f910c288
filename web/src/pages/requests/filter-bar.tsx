/** Narrows the list: by pool, backend, route, status, and the time that a request took. */
import type { TargetedInputEvent } from 'preact';
import { Button } from '../../components/button.tsx';
import { Select } from '../../components/select.tsx';
import { backends, metrics } from '../../data/resources.ts';
import { useResource } from '../../data/resource.ts';
import type { QueryValue } from '../../routing/query-value.ts';
import { backend, clearFilters, isFiltered, least, pool, route, status } from './request-filters.ts';
import './filter-bar.css';

export function FilterBar() {
  const pools = useResource(backends).value.value?.pools ?? [];
  const routes = useResource(metrics).value.value?.routes ?? [];
  const chosen = pools.filter(({ name }) => pool.value.value === '' || name === pool.value.value);
  const ids = new Set(chosen.flatMap((one) => one.backends.map(({ id }) => id)));
  const names = new Set(routes.map((one) => one.route));
  return (
    <div class="filter-bar" role="search" aria-label="Filter the requests">
      <Choice label="Pool" all="All pools" of={pool} names={pools.map(({ name }) => name)} />
      <Choice label="Backend" all="All backends" of={backend} names={[...ids]} />
      <Choice label="Route" all="All routes" of={route} names={[...names]} />
      <NumberBox label="Status" of={status} max={999} placeholder="200" />
      <NumberBox label="At least" unit="ms" of={least} max={86_400_000} placeholder="0" />
      {isFiltered.value && (
        <Button size="small" kind="quiet" icon="close" onClick={clearFilters}>
          Clear
        </Button>
      )}
    </div>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly all: string;
  readonly of: QueryValue<string>;
  readonly names: readonly string[];
}

/** What an address asks for is among the choices, though nothing of that name may be there any more. */
function Choice({ label, all, of, names }: ChoiceProps) {
  const given = of.value.value;
  const known = given === '' || names.includes(given) ? names : [given, ...names];
  return (
    <Select
      compact
      label={label}
      choices={[{ value: '', label: all }, ...known.map((value) => ({ value, label: value }))]}
      value={given}
      onChange={of.set}
    />
  );
}

interface NumberBoxProps {
  readonly label: string;
  readonly of: QueryValue<string>;
  readonly max: number;
  readonly placeholder: string;
  readonly unit?: string;
}

function NumberBox({ label, of, max, placeholder, unit }: NumberBoxProps) {
  const take = ({ currentTarget }: TargetedInputEvent<HTMLInputElement>): void => {
    if (currentTarget.validity.valid) of.set(currentTarget.value);
  };
  return (
    <label class="filter-number">
      <span>{label}</span>
      <input type="number" min={0} max={max} step={1} placeholder={placeholder} value={of.value.value} onInput={take} />
      {unit !== undefined && <span>{unit}</span>}
    </label>
  );
}
