/** The code pane: the learner's files in tabs, in Monaco or in a plain text box, with the problems of the code in a list below. */
import { button, count, fill, h, uniqueId } from '../dom.ts';
import { Tabs } from '../layout/tabs.ts';
import { reasonOf } from '../reason.ts';
import type { Appearance } from '../terminal/view.ts';
import type { EditorFile, EditorProblem, EditorView, EditorViewOptions } from './view.ts';

export interface EditorPaneOptions {
  appearance: Appearance;
  plain: boolean;
  onChange: (name: string, text: string) => void;
  /** The learner has left the code, or pressed Ctrl+S: it should go live. */
  onSettled: () => void;
  onPlain: (plain: boolean) => void;
  /** Monaco could not be loaded, and the text box has taken its place; with null: Monaco is there. */
  onFallback: (reason: string | null) => void;
}

/** What to know of the editor, below it: where the code is one's own, and where it is only shown. */
const HINTS = {
  own: 'F6 leaves the editor. Ctrl+Enter checks. Your code is kept as you type.',
  shown: 'F6 leaves the editor. Your code is only shown here; you work on it in another tab.',
};

export class EditorPane {
  readonly element: HTMLElement;
  #options: EditorPaneOptions;
  #appearance: Appearance;
  #plain: boolean;
  #readOnly = false;
  #files: EditorFile[] = [];
  #api: EditorViewOptions['api'] = [];
  #opened = '';
  #view: EditorView | null = null;
  #generation = 0;
  #problems: readonly EditorProblem[] = [];
  #tabs: Tabs;
  #stage: HTMLElement;
  #plainButton: HTMLButtonElement;
  #state = h('span', { class: 'vb-state', role: 'status' });
  #hint = h('p', { class: 'vb-hint-line' }, HINTS.own);
  #problemList = h('div', { class: 'vb-problems', role: 'status' });

  constructor(options: EditorPaneOptions) {
    this.#options = options;
    this.#appearance = options.appearance;
    this.#plain = options.plain;
    this.#tabs = new Tabs({ label: 'Files', onSelect: (name) => this.open(name) });
    this.#stage = h('div', {
      class: 'vb-stage',
      id: uniqueId('code'),
      role: 'tabpanel',
      'aria-label': 'Code',
    });
    this.#plainButton = button('Plain text', () => options.onPlain(!this.#plain), {
      class: 'vb-button vb-small',
    });
    this.element = h(
      'div',
      {
        class: 'vb-editor',
        'data-editor': 'loading',
        onkeydown: (event: KeyboardEvent) => {
          if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 's') return;
          event.preventDefault();
          options.onSettled();
        },
        onfocusout: (event: FocusEvent) => {
          if (!this.element.contains(event.relatedTarget as Node | null)) options.onSettled();
        },
      },
      h(
        'div',
        { class: 'vb-bar' },
        this.#tabs.element,
        h('span', { class: 'vb-row' }, this.#state, this.#plainButton),
      ),
      this.#stage,
      this.#problemList,
      this.#hint,
    );
    this.#drawModes();
  }

  /** The learner's files as they stand. */
  get files(): Record<string, string> {
    return Object.fromEntries(this.#files.map(({ name, text }) => [name, text]));
  }

  show(files: readonly EditorFile[], api: EditorViewOptions['api']): void {
    this.#files = files.map((file) => ({ ...file }));
    this.#api = api;
    this.#opened = this.#files[0]?.name ?? '';
    this.open(this.#opened);
  }

  /** Builds the editor; Monaco is fetched here, so this comes after the terminal. */
  async load(): Promise<void> {
    const generation = ++this.#generation;
    this.#view?.dispose();
    this.#view = null;
    this.element.dataset.editor = 'loading';
    const host = h('div', { class: 'vb-editor-host' });
    fill(this.#stage, host);
    const options: EditorViewOptions = {
      parent: host,
      files: this.#files,
      api: this.#api,
      appearance: this.#appearance,
      readOnly: this.#readOnly,
      onChange: (name, text) => this.#changed(name, text),
    };
    let view: EditorView | null = null;
    if (!this.#plain) {
      host.append(h('p', { class: 'vb-empty' }, 'Loading the editor …'));
      try {
        const { MonacoView } = await import('./monaco.ts');
        if (generation !== this.#generation) return;
        host.replaceChildren();
        view = new MonacoView(options);
        this.#options.onFallback(null);
      } catch (error) {
        if (generation !== this.#generation) return;
        this.#options.onFallback(reasonOf(error));
      }
    }
    if (!view) {
      const { PlainEditor } = await import('./plain.ts');
      if (generation !== this.#generation) return;
      view = new PlainEditor(options);
    }
    this.#view = view;
    view.open(this.#opened);
    view.setProblems(this.#problems);
    this.element.dataset.editor = 'ready';
    requestAnimationFrame(() => performance.mark('virtbook:editor'));
  }

  open(name: string): void {
    this.#opened = name;
    this.#view?.open(name);
    const tabs = this.#files.map((file) => ({ id: file.name, label: file.name, controls: this.#stage.id }));
    this.#tabs.show(tabs, name);
  }

  /** Replaces texts from outside; the editor's undo takes it back. */
  setTexts(texts: Readonly<Record<string, string>>): void {
    for (const file of this.#files) {
      const text = texts[file.name];
      if (text === undefined) continue;
      file.text = text;
      this.#view?.setText(file.name, text);
    }
  }

  /** Goes to a place, opening the file. */
  reveal(file: string, line: number, column: number): void {
    if (this.#files.some(({ name }) => name === file)) this.open(file);
    this.#view?.reveal(line, column);
  }

  setProblems(problems: readonly EditorProblem[]): void {
    if (problems === this.#problems && this.#problemList.hasChildNodes()) return;
    this.#problems = problems;
    this.#view?.setProblems(problems);
    this.#problemList.hidden = problems.length === 0;
    const items = problems.map(({ file, line, column, message }) =>
      h(
        'li',
        {},
        button(`${file}, line ${line}`, () => this.reveal(file, line, column), { class: 'vb-link' }),
        `: ${message}`,
      ),
    );
    fill(
      this.#problemList,
      problems.length > 0 && h('p', {}, `${count(problems.length, 'problem')} in your code:`),
      h('ul', {}, ...items),
    );
  }

  /** Says beside the tabs whether what is written here is what the world runs. */
  setState(text: string): void {
    if (this.#state.textContent !== text) this.#state.textContent = text;
  }

  setReadOnly(readOnly: boolean): void {
    this.#readOnly = readOnly;
    this.#hint.textContent = readOnly ? HINTS.shown : HINTS.own;
    this.#view?.setReadOnly(readOnly);
  }

  setAppearance(appearance: Appearance): void {
    this.#appearance = appearance;
    this.#view?.appearanceChanged(appearance);
  }

  setPlain(plain: boolean): void {
    if (plain === this.#plain) return;
    this.#plain = plain;
    this.#drawModes();
    void this.load();
  }

  focus(): void {
    this.#view?.focus();
  }

  dispose(): void {
    this.#generation += 1;
    this.#view?.dispose();
  }

  #changed(name: string, text: string): void {
    const file = this.#files.find((each) => each.name === name);
    if (!file || file.text === text) return;
    file.text = text;
    this.#options.onChange(name, text);
  }

  #drawModes(): void {
    this.#plainButton.setAttribute('aria-pressed', String(this.#plain));
    this.element.dataset.mode = this.#plain ? 'plain' : 'monaco';
  }
}
