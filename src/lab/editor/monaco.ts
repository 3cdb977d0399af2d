/** The editor drawn by Monaco. The whole of Monaco hangs on this module, which is imported when the terminal is already there. */
import { editor, MarkerSeverity, Uri } from 'monaco-editor/editor';
import 'monaco-editor/features/register.all';
import 'monaco-editor/languages/definitions/dockerfile/register';
import 'monaco-editor/languages/definitions/javascript/register';
import 'monaco-editor/languages/definitions/shell/register';
import 'monaco-editor/languages/definitions/typescript/register';
import 'monaco-editor/languages/definitions/xml/register';
import 'monaco-editor/languages/definitions/yaml/register';
import EditorWorker from 'monaco-editor/editor/editor.worker?worker';
import * as typescript from 'monaco-editor/languages/features/typescript/register';
import TypeScriptWorker from 'monaco-editor/languages/features/typescript/ts.worker?worker';
import type { Appearance } from '../terminal/view.ts';
import { CODE_FONT } from '../terminal/view.ts';
import { type EditorProblem, type EditorView, type EditorViewOptions, languageOf } from './view.ts';

const ROOT = 'file:///exercise/';
/** The TypeScript worker is five times the rest of the editor: it starts when the page has been quiet for a moment. */
const TYPESCRIPT_AFTER = 300;

interface MonacoHost {
  MonacoEnvironment?: { getWorker(id: string, label: string): Worker | Promise<Worker> };
}

function idle(): Promise<void> {
  return new Promise((resolve) => {
    const soon = () => setTimeout(resolve, TYPESCRIPT_AFTER);
    if ('requestIdleCallback' in globalThis) requestIdleCallback(soon, { timeout: 2000 });
    else soon();
  });
}

let prepared = false;
function prepare(): void {
  if (prepared) return;
  prepared = true;
  (globalThis as MonacoHost).MonacoEnvironment = {
    getWorker: async (_id, label) => {
      if (label !== 'typescript' && label !== 'javascript') return new EditorWorker();
      await idle();
      return new TypeScriptWorker();
    },
  };
  typescript.typescriptDefaults.setCompilerOptions({
    allowImportingTsExtensions: true,
    allowNonTsExtensions: true,
    lib: ['es2023'],
    module: typescript.ModuleKind.ESNext,
    moduleResolution: typescript.ModuleResolutionKind.NodeJs,
    noEmit: true,
    strict: true,
    target: typescript.ScriptTarget.ESNext,
  });
  typescript.typescriptDefaults.setEagerModelSync(true);
  const colors = (background: string, lineNumber: string) => ({
    'editor.background': background,
    'editorLineNumber.foreground': lineNumber,
    'editorGutter.background': background,
    // What is not used yet is told by dots below it: faded, it could not be read.
    'editorUnnecessaryCode.opacity': '#000000ff',
    'editorUnnecessaryCode.border': lineNumber,
  });
  editor.defineTheme('virtbook-light', {
    base: 'vs',
    inherit: true,
    rules: [],
    colors: colors('#ffffff', '#5a6172'),
  });
  editor.defineTheme('virtbook-dark', {
    base: 'vs-dark',
    inherit: true,
    rules: [],
    colors: colors('#14161d', '#9aa2b3'),
  });
}

const options = ({ dark, fontSize, screenReader }: Appearance) => ({
  accessibilitySupport: screenReader ? ('on' as const) : ('auto' as const),
  fontSize,
  theme: dark ? 'virtbook-dark' : 'virtbook-light',
});

export class MonacoView implements EditorView {
  readonly element: HTMLElement;
  #editor: editor.IStandaloneCodeEditor;
  #models = new Map<string, editor.ITextModel>();
  #views = new Map<string, editor.ICodeEditorViewState | null>();
  #disposables: { dispose(): void }[] = [];
  #opened = '';
  #settingText = false;

  constructor({ parent, files, api, appearance, readOnly, onChange }: EditorViewOptions) {
    prepare();
    typescript.typescriptDefaults.setExtraLibs(
      api.map(({ path, text }) => ({ filePath: ROOT + path, content: text })),
    );
    this.element = parent;
    for (const { name, text } of files) {
      const uri = Uri.parse(ROOT + name);
      editor.getModel(uri)?.dispose();
      const model = editor.createModel(text, languageOf(name), uri);
      this.#models.set(name, model);
      this.#disposables.push(
        model,
        model.onDidChangeContent(() => !this.#settingText && onChange(name, model.getValue())),
      );
    }
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.#editor = editor.create(parent, {
      ...options(appearance),
      ariaLabel:
        'Code editor. Tab inserts a tab; press F6 to leave the editor, or Control M to let Tab move on.',
      automaticLayout: true,
      cursorBlinking: calm ? 'solid' : 'blink',
      fixedOverflowWidgets: true,
      fontFamily: CODE_FONT,
      minimap: { enabled: false },
      model: null,
      padding: { top: 8, bottom: 8 },
      readOnly,
      renderLineHighlight: 'line',
      scrollBeyondLastLine: false,
      scrollbar: { alwaysConsumeMouseWheel: false },
      smoothScrolling: false,
      tabSize: 2,
      wordWrap: 'on',
    });
    this.#disposables.push(this.#editor);
  }

  open(name: string): void {
    if (this.#opened) this.#views.set(this.#opened, this.#editor.saveViewState());
    this.#opened = name;
    this.#editor.setModel(this.#models.get(name) ?? null);
    const view = this.#views.get(name);
    if (view) this.#editor.restoreViewState(view);
  }

  setText(name: string, text: string): void {
    const model = this.#models.get(name);
    if (!model || model.getValue() === text) return;
    this.#settingText = true;
    // As an edit, so that the editor's own undo can take it back.
    model.pushEditOperations([], [{ range: model.getFullModelRange(), text }], () => null);
    this.#settingText = false;
  }

  setReadOnly(readOnly: boolean): void {
    this.#editor.updateOptions({ readOnly });
  }

  setProblems(problems: readonly EditorProblem[]): void {
    for (const [name, model] of this.#models) {
      const markers = problems
        .filter((problem) => problem.file === name)
        .map(({ line, column, message }) => ({
          severity: MarkerSeverity.Error,
          message,
          startLineNumber: line,
          startColumn: column,
          endLineNumber: line,
          endColumn: model.getLineCount() >= line ? model.getLineMaxColumn(line) : column + 1,
        }));
      editor.setModelMarkers(model, 'virtbook', markers);
    }
  }

  reveal(line: number, column: number): void {
    this.#editor.setPosition({ lineNumber: line, column });
    this.#editor.revealLineInCenter(line);
    this.#editor.focus();
  }

  appearanceChanged(appearance: Appearance): void {
    const { theme, ...rest } = options(appearance);
    editor.setTheme(theme);
    this.#editor.updateOptions(rest);
  }

  focus(): void {
    this.#editor.focus();
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }
}
