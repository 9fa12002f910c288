/**
 * CodeMirror with what is known of the configuration: completion and help from its schema, marks where the server found
 * something wrong. It lives in a shadow root, where it styles itself by constructed sheets: the page's policy allows no
 * style element.
 */
import {
  autocompletion,
  completionKeymap,
  type CompletionContext,
  type CompletionResult,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { lintGutter, setDiagnostics, type Diagnostic } from '@codemirror/lint';
import { Compartment, EditorState } from '@codemirror/state';
import { EditorView, highlightActiveLine, hoverTooltip, keymap, lineNumbers, type Tooltip } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { helpAt, keysAt, valuesAt, type Schema } from './schema-lookup.ts';
import { lineOfPath, pathAt } from './yaml-place.ts';

export interface Problem {
  /** As the server names it: `pools.app.backends.0.weight`; '' is the whole. */
  readonly path: string;
  readonly message: string;
}

export interface CodeEditor {
  setText(text: string): void;
  setReadOnly(readOnly: boolean): void;
  setSchema(schema: Schema): void;
  showProblems(problems: readonly Problem[]): void;
  goTo(path: string): void;
  destroy(): void;
}

export interface EditorOptions {
  readonly text: string;
  readonly readOnly: boolean;
  readonly onChange: (text: string) => void;
  /** Ctrl-S or Cmd-S. */
  readonly onCheck: () => void;
}

const LOOKS = EditorView.theme({
  '&': { color: 'var(--ink)', backgroundColor: 'var(--card)', fontSize: '0.8125rem', height: '100%' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.55' },
  '.cm-content': { caretColor: 'var(--accent)' },
  '.cm-cursor': { borderLeftColor: 'var(--accent)' },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '-2px' },
  '.cm-gutters': { color: 'var(--ink-soft)', backgroundColor: 'var(--card)', borderRight: '1px solid var(--line)' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--hover)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground, .cm-content ::selection': {
    backgroundColor: 'var(--chosen)',
  },
  '.cm-tooltip': { color: 'var(--ink)', backgroundColor: 'var(--raised)', border: '1px solid var(--line-strong)' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { color: 'var(--ink)', backgroundColor: 'var(--chosen)' },
  // Its own pictures are data URLs, which the policy does not let in.
  '.cm-lintRange-error': { backgroundImage: 'none', textDecoration: 'underline wavy var(--bad)' },
  '.cm-lint-marker-error': { content: 'normal' },
  '.cm-lint-marker-error::before': { content: '"●"', color: 'var(--bad)' },
  '.cm-completionInfo, .cm-help': { maxWidth: '26rem', padding: '0.4rem 0.6rem', whiteSpace: 'normal' },
});

const INKS = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--accent)' },
  { tag: [tags.string, tags.content], color: 'var(--ink)' },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: 'var(--series-2)' },
  { tag: [tags.comment, tags.lineComment], color: 'var(--ink-soft)', fontStyle: 'italic' },
  { tag: [tags.meta, tags.labelName, tags.keyword], color: 'var(--series-4)' },
]);

export function createEditor(place: HTMLElement, options: EditorOptions): CodeEditor {
  const root = place.shadowRoot ?? place.attachShadow({ mode: 'open' });
  const readOnly = new Compartment();
  let schema: Schema | null = null;
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: options.text,
      extensions: [
        lineNumbers(),
        lintGutter(),
        history(),
        yaml(),
        indentOnInput(),
        bracketMatching(),
        highlightActiveLine(),
        syntaxHighlighting(INKS),
        LOOKS,
        autocompletion({ override: [(context) => (schema === null ? null : complete(context, schema))] }),
        hoverTooltip((shown, at) => (schema === null ? null : helpFor(shown, at, schema))),
        readOnly.of(readOnlyParts(options.readOnly)),
        EditorView.contentAttributes.of({ 'aria-label': 'Configuration as YAML', spellcheck: 'false', tabindex: '0' }),
        EditorView.updateListener.of(({ docChanged, state }) => {
          if (docChanged) options.onChange(state.doc.toString());
        }),
        // Tab leaves the editor after Escape (CodeMirror's own way out), so that the keyboard is not caught in it.
        keymap.of([
          { key: 'Mod-s', preventDefault: true, run: () => (options.onCheck(), true) },
          ...completionKeymap,
          ...defaultKeymap,
          ...historyKeymap,
          indentWithTab,
        ]),
      ],
    }),
  });
  const lineAt = (line: number) => view.state.doc.line(Math.min(Math.max(1, line), view.state.doc.lines));
  return {
    setText: (text) => {
      if (text !== view.state.doc.toString())
        view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
    },
    setReadOnly: (is) => view.dispatch({ effects: readOnly.reconfigure(readOnlyParts(is)) }),
    setSchema: (known) => void (schema = known),
    showProblems: (problems) => {
      const text = view.state.doc.toString();
      const marks = problems.map(({ path, message }): Diagnostic => {
        const { from, to } = lineAt(lineOf(text, path, message));
        return { from, to, severity: 'error', message: path === '' ? message : `${path}: ${message}` };
      });
      view.dispatch(setDiagnostics(view.state, marks));
    },
    goTo: (path) => {
      const { from } = lineAt(lineOfPath(view.state.doc.toString(), path));
      view.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: 'center' }) });
      view.focus();
    },
    destroy: () => view.destroy(),
  };
}

/** What cannot be read at all has its line in the message. */
function lineOf(text: string, path: string, message: string): number {
  const said = /\bline (\d+)/.exec(message);
  return path === '' && said !== null ? Number(said[1]) : lineOfPath(text, path);
}

function readOnlyParts(is: boolean) {
  return [EditorState.readOnly.of(is), EditorView.editable.of(!is)];
}

function complete(context: CompletionContext, schema: Schema): CompletionResult | null {
  const { state, pos, explicit } = context;
  const line = state.doc.lineAt(pos);
  const before = line.text.slice(0, pos - line.from);
  const value = /^(\s*(?:- +)*)([\w-]+):\s+(\S*)$/.exec(before);
  if (value !== null) {
    const [, lead = '', key = '', typed = ''] = value;
    const path = [...pathAt(state.doc.toString(), line.number, lead.length), key];
    const options = valuesAt(schema, path).map((label) => ({ label, type: 'constant' }));
    return options.length === 0 ? null : { from: pos - typed.length, options };
  }
  const started = /^(\s*(?:- +)*)([\w-]*)$/.exec(before);
  if (started === null || (started[2] === '' && !explicit)) return null;
  const [, lead = '', typed = ''] = started;
  const options = keysAt(schema, pathAt(state.doc.toString(), line.number, lead.length)).map(
    ({ name, schema: own }) => ({
      label: name,
      type: 'property',
      apply: `${name}: `,
      ...(own.description !== undefined && { info: own.description }),
    }),
  );
  return options.length === 0 ? null : { from: pos - typed.length, options };
}

function helpFor(view: EditorView, at: number, schema: Schema): Tooltip | null {
  const line = view.state.doc.lineAt(at);
  const [, lead = '', key] = /^(\s*(?:- +)*)([\w-]+):/.exec(line.text) ?? [];
  if (key === undefined) return null;
  const from = line.from + lead.length;
  if (at < from || at > from + key.length) return null;
  const says = helpAt(schema, [...pathAt(view.state.doc.toString(), line.number, lead.length), key]);
  if (says === null) return null;
  const create = () => {
    const dom = document.createElement('div');
    dom.className = 'cm-help';
    dom.textContent = says;
    return { dom };
  };
  return { pos: from, end: from + key.length, create };
}
