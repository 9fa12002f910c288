/** A question and its answer as it comes, line by line. */
import { signal, type ReadonlySignal } from '@preact/signals';
import type { CopilotLine, Finding, ProposedChange, Told, UncitedFigure } from '#contract/copilot.ts';
import { isAbort, send } from '../../data/client.ts';
import { asFault, type Fault } from '../../data/fault.ts';

export interface Exchange {
  readonly question: string;
  readonly texts: readonly Told[];
  readonly findings: readonly Finding[];
  /** A model's words. */
  readonly said: string;
  /** Figures of them that no tool has given; known when it has ended. */
  readonly uncited: readonly UncitedFigure[];
  /** What a model looks at now; null: nothing. */
  readonly looksAt: string | null;
  readonly proposals: readonly { readonly says: string; readonly change: ProposedChange }[];
  readonly notice: string | null;
  /** Null: it is still being answered, or was not. */
  readonly answered: boolean | null;
  readonly canAnswer: readonly string[];
  readonly fault: Fault | null;
}

const NOTHING_YET: Omit<Exchange, 'question'> = {
  texts: [],
  findings: [],
  said: '',
  uncited: [],
  looksAt: null,
  proposals: [],
  notice: null,
  answered: null,
  canAnswer: [],
  fault: null,
};

const current = signal<Exchange | null>(null);
let running: AbortController | null = null;

/** The last question; null: nobody has asked. */
export const exchange: ReadonlySignal<Exchange | null> = current;

/** Never rejects: what goes wrong is part of the exchange. A question before it that is not answered yet is dropped. */
export async function ask(question: string): Promise<void> {
  running?.abort();
  const mine = (running = new AbortController());
  current.value = { ...NOTHING_YET, question };
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
  switch (line.type) {
    case 'begin':
      // The built-in provider takes over where a model could not answer: what that had begun is dropped.
      return more({ said: '', looksAt: null, proposals: [] });
    case 'text':
      return more({ texts: [...known.texts, line.told] });
    case 'finding':
      return more({ findings: [...known.findings, line.finding] });
    case 'delta':
      return more({ said: known.said + line.text, looksAt: null });
    case 'tool':
      return more({ looksAt: line.name });
    case 'proposal':
      return more({ proposals: [...known.proposals, line] });
    case 'notice':
      return more({ notice: line.text });
    case 'end':
      return more({ answered: line.answered, canAnswer: line.canAnswer, uncited: line.uncited, looksAt: null });
  }
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
