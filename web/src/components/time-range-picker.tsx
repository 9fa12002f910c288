/** Chooses the time that charts show: a range that ends now, or a stretch that stands still and can be moved. */
import { chooseRange, isPaused, pause, RANGES, resume, scrub, timeRange, type RangeName } from '../data/time-range.ts';
import { moment } from '../format/times.ts';
import { Button } from './button.tsx';
import { Select } from './select.tsx';
import './time-range-picker.css';

const CHOICES = RANGES.map(({ name, label }) => ({ value: name, label: `Past ${label}` }));

export function TimeRangePicker() {
  const { name, fixed } = timeRange.value;
  return (
    <div class="time-range" role="group" aria-label="Time range">
      {fixed !== null && (
        <span class="time-range-fixed">
          {moment(fixed.from * 1000)} – {moment(fixed.to * 1000)}
        </span>
      )}
      <Button size="small" icon="left" label="Back in time" onClick={() => scrub(-0.5)} />
      <Button size="small" icon="right" label="Forward in time" disabled={!isPaused.value} onClick={() => scrub(0.5)} />
      <Button
        size="small"
        icon={isPaused.value ? 'play' : 'pause'}
        label={isPaused.value ? 'Follow now' : 'Pause'}
        onClick={isPaused.value ? resume : pause}
      />
      <Select<RangeName> compact label="Range" choices={CHOICES} value={name} onChange={chooseRange} />
    </div>
  );
}
