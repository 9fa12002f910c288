/** Which requests are recorded, and how to have a certain one among them. */
import { share } from '../../format/figures.ts';

export function RecordingHint({ sample }: { readonly sample: number | null | undefined }) {
  return (
    <details class="recording-hint">
      <summary>Which requests are here, and how to record a certain one</summary>
      <p>
        Recorded are a share of all ({share(sample)} now, <code>requests.sample</code>), those that failed or were tried
        again, and the slowest of these minutes. Newer ones take the place of older ones.
      </p>
      <p>
        To record a certain request, send it with an operator’s token in the field <code>x-edgebalancer-explain</code>,
        or use <code>edgebalancer explain --url URL</code>. The field goes to no backend. Every answer names its request
        in <code>x-request-id</code>: <code>edgebalancer explain ID</code> tells of it here and in a terminal.
      </p>
    </details>
  );
}
