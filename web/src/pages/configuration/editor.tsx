/** The editor, which is large: it comes when this page is opened. Until then, and where it cannot come, the text is shown. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { Skeleton } from '../../components/skeleton.tsx';
import { send } from '../../data/client.ts';
import type { CodeEditor, Problem } from './code-editor.ts';
import { check, draftText, edit } from './draft.ts';
import type { Schema } from './schema-lookup.ts';
import './editor.css';

export interface EditorProps {
  readonly readOnly: boolean;
  readonly problems: readonly Problem[];
}

export function Editor({ readOnly, problems }: EditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const editor = useRef<CodeEditor | null>(null);
  const [state, setState] = useState<'coming' | 'there' | 'failed'>('coming');
  const text = draftText.value;

  useEffect(() => {
    let gone = false;
    import('./code-editor.ts').then(
      ({ createEditor }) => {
        if (gone || place.current === null) return;
        editor.current = createEditor(place.current, {
          text: draftText.peek(),
          readOnly,
          onChange: edit,
          onCheck: () => void check(),
        });
        setState('there');
        // Without it the editor completes nothing, and is an editor all the same.
        void knownSchema().then((schema) => schema !== null && editor.current?.setSchema(schema));
      },
      () => setState('failed'),
    );
    return () => {
      gone = true;
      editor.current?.destroy();
      editor.current = null;
    };
  }, []);
  useEffect(() => editor.current?.setText(text), [text, state]);
  useEffect(() => editor.current?.setReadOnly(readOnly), [readOnly, state]);
  useEffect(() => editor.current?.showProblems(problems), [problems, state]);

  return (
    <div class="editor">
      {state === 'coming' && <Skeleton lines={12} label="Loading the editor" />}
      {state === 'failed' && (
        <textarea
          class="editor-plain"
          aria-label="Configuration as YAML"
          readOnly={readOnly}
          value={text}
          onInput={(event) => edit(event.currentTarget.value)}
        />
      )}
      <div ref={place} class="editor-place" hidden={state !== 'there'} />
    </div>
  );
}

let schema: Promise<Schema | null> | undefined;

function knownSchema(): Promise<Schema | null> {
  return (schema ??= send('GET', 'admin/config/schema').then(
    (answer) => answer.json() as Promise<Schema>,
    () => {
      schema = undefined;
      return null;
    },
  ));
}
