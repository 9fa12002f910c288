/** Sliders for tasks, their size, and the traffic; the region in words. All are asked of the server: it has the prices. */
import { useId } from 'preact/hooks';
import type { CostAnswer } from '#contract/cost.ts';
import { FARGATE_FAMILIES } from '#contract/fargate-families.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { ErrorFace } from '../../components/error-face.tsx';
import { TextField } from '../../components/field.tsx';
import type { Fault } from '../../data/fault.ts';
import { count, short } from '../../format/figures.ts';
import type { QueryValue } from '../../routing/query-value.ts';
import { isSupposing, memory, region, requests, supposeNothing, supposeVcpu, tasks, vcpu } from './cost-question.ts';
import './suppose-card.css';

const TASKS_MAX = 50;
const TIMES = [0.1, 0.25, 0.5, 1, 2, 5, 10, 25, 100];
const VCPUS = FARGATE_FAMILIES.map((family) => family.vcpu);

export function SupposeCard({ now, fault }: { readonly now: CostAnswer; readonly fault: Fault | null }) {
  const { deployment } = now;
  return (
    <Card
      title="What if"
      actions={
        isSupposing.value && (
          <Button size="small" icon="undo" onClick={supposeNothing}>
            As it is
          </Button>
        )
      }
    >
      <div class="suppose">
        {deployment !== null && (
          <>
            <Slider
              label="Tasks"
              of={tasks}
              choices={rangeTo(Math.max(TASKS_MAX, deployment.tasks))}
              now={deployment.tasks}
              text={count}
            />
            <Slider
              label="vCPU of each"
              of={vcpu}
              choices={VCPUS}
              now={deployment.vcpu}
              text={String}
              onChange={(wanted) => supposeVcpu(wanted, deployment)}
            />
            <Slider
              label="Memory of each"
              of={memory}
              choices={memoriesFor(vcpu.value.value === '' ? deployment.vcpu : Number(vcpu.value.value))}
              now={deployment.memoryGiB}
              text={(gib) => `${gib} GiB`}
            />
          </>
        )}
        {now.requests !== null && now.requests > 0 && <TrafficSlider now={now.requests} />}
        {deployment !== null && (
          <TextField
            label="Region"
            hint="Such as eu-west-1; empty: as it is"
            value={region.value.value}
            placeholder={now.region}
            maxLength={40}
            onInput={region.set}
          />
        )}
        {fault !== null && isSupposing.value && <ErrorFace fault={fault} small />}
      </div>
    </Card>
  );
}

function rangeTo(most: number): readonly number[] {
  return Array.from({ length: Math.ceil(most) }, (_, at) => at + 1);
}

function memoriesFor(wanted: number): readonly number[] {
  return FARGATE_FAMILIES.find((family) => family.vcpu === wanted)?.memories ?? [];
}

function TrafficSlider({ now }: { readonly now: number }) {
  return (
    <Slider
      label="Requests in a month"
      of={requests}
      choices={TIMES.map((times) => Math.round(now * times))}
      now={Math.round(now)}
      text={short}
    />
  );
}

interface SliderProps {
  readonly label: string;
  readonly of: QueryValue<string>;
  /** Ascending; what is in force may lie between two of them. */
  readonly choices: readonly number[];
  readonly now: number;
  readonly text: (value: number) => string;
  readonly onChange?: (value: number) => void;
}

function Slider({ label, of, choices, now, text, onChange }: SliderProps) {
  const id = useId();
  const all = choices.includes(now) ? choices : [...choices, now].toSorted((a, b) => a - b);
  const given = of.value.value === '' ? now : Number(of.value.value);
  const at = nearest(all, given);
  const take = (index: number): void => {
    const value = all[index] as number;
    if (onChange !== undefined) onChange(value);
    else of.set(value === now ? '' : String(value));
  };
  return (
    <div class="slider">
      <label for={id}>{label}</label>
      <output for={id}>
        {text(given)}
        {given !== now && <span class="soft"> now {text(now)}</span>}
      </output>
      <input
        id={id}
        type="range"
        min={0}
        max={all.length - 1}
        step={1}
        value={at}
        aria-valuetext={text(given)}
        onInput={(event) => take(Number(event.currentTarget.value))}
      />
    </div>
  );
}

function nearest(values: readonly number[], wanted: number): number {
  return values.reduce(
    (best, value, index) => (Math.abs(value - wanted) < Math.abs((values[best] as number) - wanted) ? index : best),
    0,
  );
}
