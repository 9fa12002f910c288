/** A model's words, with the figures marked that no tool has given. Text alone: nothing in it is read as markup. */
import type { ComponentChildren } from 'preact';
import type { UncitedFigure } from '#contract/copilot.ts';

export interface ModelTextProps {
  readonly said: string;
  readonly uncited: readonly UncitedFigure[];
}

export function ModelText({ said, uncited }: ModelTextProps) {
  return (
    <div class="model-text">
      <p>{pieces(said, uncited)}</p>
      {uncited.length > 0 && (
        <p class="model-remark">
          Marked: no tool has given {uncited.length === 1 ? 'this figure' : 'these figures'}. Do not rely on{' '}
          {uncited.length === 1 ? 'it' : 'them'}.
        </p>
      )}
    </div>
  );
}

function pieces(said: string, uncited: readonly UncitedFigure[]): ComponentChildren[] {
  const made: ComponentChildren[] = [];
  let at = 0;
  for (const { from, to } of uncited) {
    made.push(
      said.slice(at, from),
      <mark key={from} class="model-uncited" title="No tool has given this figure">
        {said.slice(from, to)}
      </mark>,
    );
    at = to;
  }
  made.push(said.slice(at).trimEnd());
  return made;
}
