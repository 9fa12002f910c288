/** One request closely: what came of it, what it waited for, and why it went where it went. */
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { RequestAnswer } from '#contract/requests.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { ErrorFace } from '../../components/error-face.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { read } from '../../data/client.ts';
import { resource, useResource } from '../../data/resource.ts';
import { toast } from '../../data/toasts.ts';
import { bytes, millis } from '../../format/figures.ts';
import { moment } from '../../format/times.ts';
import { DecisionView } from './decision-view.tsx';
import { openId } from './request-filters.ts';
import { attemptReason, statusText, statusTone, WHY_TEXT } from './request-words.ts';
import { Waterfall } from './waterfall.tsx';
import './request-details.css';

export function RequestDetails({ id }: { readonly id: string }) {
  // A record does not change: it is read once, and again when asked for.
  const one = useMemo(
    () =>
      resource<RequestAnswer>((signal) => read(`admin/requests/${encodeURIComponent(id)}`, { signal }), {
        everyMs: null,
      }),
    [id],
  );
  const { value, fault, refresh } = useResource(one);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => place.current?.focus({ preventScroll: false }), [id]);
  return (
    <div class="request-details" ref={place} tabIndex={-1} onKeyDown={(event) => event.key === 'Escape' && close()}>
      <Card
        title={value.value === null ? 'Request' : `${value.value.method} ${value.value.target}`}
        actions={<Button kind="quiet" size="small" icon="close" label="Close the request" onClick={close} />}
      >
        {value.value !== null ? (
          <Story request={value.value} />
        ) : fault.value === null ? (
          <Skeleton lines={6} label="Loading the request" />
        ) : (
          <ErrorFace fault={fault.value} onRetry={() => void refresh()} small />
        )}
      </Card>
    </div>
  );
}

/** The row that it was opened from has the focus again, as far as it is there. */
function close(): void {
  const id = openId.value.peek();
  openId.set('');
  document.querySelector<HTMLElement>(`.request-table tr[data-key^="${CSS.escape(id)} "]`)?.focus();
}

function Story({ request }: { readonly request: RequestAnswer }) {
  const { attempts, moreAttempts, refused, missingWorkers } = request;
  return (
    <div class="request-story">
      <p class="request-outcome">{outcome(request)}</p>
      <Facts request={request} />
      <Waterfall request={request} />
      {moreAttempts > 0 && <p class="soft">{moreAttempts} more attempts are not listed.</p>}
      {attempts.map(
        ({ decision, backend, reason }, at) =>
          decision !== null && (
            <DecisionView
              key={at}
              decision={decision}
              title={at === 0 ? `Why ${backend}` : `Why ${backend} (${attemptReason(reason)})`}
            />
          ),
      )}
      {refused !== null && <DecisionView decision={refused} title="Why nobody" />}
      {refused === null && attempts.every(({ decision }) => decision === null) && (
        <p class="soft">
          How its backend was picked was not recorded: that is known of sampled requests, of tries after the first, and
          of those asked for.
        </p>
      )}
      {missingWorkers.length > 0 && <p class="soft">Workers {missingWorkers.join(', ')} have not answered in time.</p>}
    </div>
  );
}

function outcome({ status, reason, fault, durationMs, attempts, pool, backend }: RequestAnswer) {
  const tries = attempts.length === 1 ? 'one try' : `${attempts.length} tries`;
  const where = backend === '' ? 'It reached no backend' : `${pool}/${backend} was asked last`;
  const why = [reason, fault].filter((text) => text !== null).join(', ');
  return (
    <>
      <strong class={`request-status-${statusTone(status)}`}>
        {status === 0 ? 'No answer' : `Answered ${statusText(status)}`}
      </strong>{' '}
      after {millis(durationMs)} and {tries}. {where}
      {why === '' ? '.' : `; ${why}.`}
    </>
  );
}

function Facts({ request }: { readonly request: RequestAnswer }) {
  const { id, at, client, listener, route, host, protocol, userAgent, traceId, bytesIn, bytesOut, worker, why } =
    request;
  const facts: readonly (readonly [string, string])[] = [
    ['When', `${moment(at)}, by worker ${worker}, recorded since it was ${WHY_TEXT[why]}`],
    ['Client', client ?? 'shown to who has signed in'],
    ['Through', `${listener} → ${route === '' ? 'no route' : route}, ${protocol}, host ${host}`],
    ['Bytes', `${bytes(bytesIn)} in, ${bytes(bytesOut)} out`],
    ['User agent', userAgent === '' ? 'none' : userAgent],
  ];
  return (
    <dl class="request-facts">
      <Copied title="Id" text={id} />
      {traceId !== '' && <Copied title="Trace" text={traceId} />}
      {facts.map(([title, text]) => (
        <div key={title}>
          <dt>{title}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}

function Copied({ title, text }: { readonly title: string; readonly text: string }) {
  const copy = (): void => {
    // Without a secure context there is no clipboard; the text can still be marked by hand.
    void navigator.clipboard?.writeText(text).then(
      () => toast({ tone: 'ok', text: `${title} copied` }),
      () => toast({ tone: 'plain', text: `${title} could not be copied: mark it by hand` }),
    );
  };
  return (
    <div>
      <dt>{title}</dt>
      <dd>
        <code>{text}</code>{' '}
        <Button size="small" kind="quiet" label={`Copy the ${title.toLowerCase()}`} onClick={copy}>
          Copy
        </Button>
      </dd>
    </div>
  );
}
