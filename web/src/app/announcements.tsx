/** What happens beside where the reader is, told to those who listen to the page. */
import { signal } from '@preact/signals';

const said = signal('');

/** Says a sentence when the reader is done with theirs. */
export function announce(sentence: string): void {
  // The same words again would not be said again: a space that nobody hears makes them others.
  said.value = said.value === sentence ? `${sentence}\u00a0` : sentence;
}

export function Announcements() {
  return (
    <div class="unseen" role="status" aria-live="polite">
      {said.value}
    </div>
  );
}
