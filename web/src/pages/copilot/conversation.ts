/** A question and its answer as it comes, line by line. */
import { signal, type ReadonlySignal } from '@preact/signals';
import type { CopilotLine, Finding, Told } from '#contract/copilot.ts';
import { isAbort, send } from '../../data/client.ts';
import { asFault, type Fault } from '../../data/fault.ts';

export interface Exchange {
  readonly question: string;
  readonly texts: readonly Told[];
  readonly findings: readonly Finding[];
  /** Null: it is still being answered, or was not. */
  readonly answered: boolean | null;
  readonly canAnswer: readonly string[];
  readonly fault: Fault | null;
}

const current = signal<Exchange | null>(null);
let running: AbortController | null = null;

/** The last question; null: nobody has asked. */
export const exchange: ReadonlySignal<Exchange | null> = current;

/** Never rejects: what goes wrong is part of the exchange. A question before it that is not answered yet is dropped. */
export async function ask(question: string): Promise<void> {
  running?.abort();
  const mine = (running = new AbortController());
  current.value = { question, texts: [], findings: [], answered: null, canAnswer: [], fault: null };
  const more = (change: Partial<Exchange>): void => {
    if (!mine.signal.aborted && current.value !== null) current.value = { ...current.value, ...change };
  };
  try {
    const reply = await send('POST', 'admin/copilot', {
      body: { question },
      accept: 'application/x-ndjson',
      signal: mine.signal,
    });
    await eachLine(reply, (line) => take(line, more));
  } catch (thrown) {
    if (!isAbort(thrown)) more({ fault: asFault(thrown), answered: false });
  }
}

/** Whoever leaves the page asks no more. */
export function endAsking(): void {
  running?.abort();
}

function take(line: CopilotLine, more: (change: Partial<Exchange>) => void): void {
  const known = current.peek();
  if (known === null) return;
  if (line.type === 'text') more({ texts: [...known.texts, line.told] });
  else if (line.type === 'finding') more({ findings: [...known.findings, line.finding] });
  else if (line.type === 'end') more({ answered: line.answered, canAnswer: line.canAnswer });
}

async function eachLine(reply: Response, use: (line: CopilotLine) => void): Promise<void> {
  const reader = reply.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) return;
  let rest = '';
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const lines = `${rest}${part.value}`.split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) if (text !== '') use(JSON.parse(text) as CopilotLine);
  }
  if (rest !== '') use(JSON.parse(rest) as CopilotLine);
}
