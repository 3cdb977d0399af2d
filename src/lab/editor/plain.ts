/** The editor as an ordinary text box: what a screen reader and a touch keyboard know best. Tab moves on, as everywhere in the page. */
import { h } from '../dom.ts';
import type { Appearance } from '../terminal/view.ts';
import type { EditorFile, EditorView, EditorViewOptions } from './view.ts';

export class PlainEditor implements EditorView {
  readonly element: HTMLElement;
  #box: HTMLTextAreaElement;
  #files: Map<string, EditorFile>;
  #opened = '';

  constructor({ parent, files, appearance, readOnly, onChange }: EditorViewOptions) {
    this.element = parent;
    this.#files = new Map(files.map((file) => [file.name, { ...file }]));
    this.#box = h('textarea', {
      class: 'vb-code-box',
      wrap: 'off',
      spellcheck: 'false',
      autocapitalize: 'off',
      autocomplete: 'off',
      'aria-label': 'Code',
      oninput: () => {
        const file = this.#files.get(this.#opened);
        if (!file) return;
        file.text = this.#box.value;
        onChange(file.name, file.text);
      },
    });
    parent.replaceChildren(this.#box);
    this.setReadOnly(readOnly);
    this.appearanceChanged(appearance);
  }

  open(name: string): void {
    this.#opened = name;
    this.#box.value = this.#files.get(name)?.text ?? '';
    this.#box.setAttribute('aria-label', `Code of ${name}`);
  }

  setText(name: string, text: string): void {
    const file = this.#files.get(name);
    if (!file) return;
    file.text = text;
    if (name === this.#opened) this.#box.value = text;
  }

  setReadOnly(readOnly: boolean): void {
    this.#box.readOnly = readOnly;
  }

  setProblems(): void {
    // The list under the editor holds the problems; a text box has no place to mark them.
  }

  reveal(line: number, column: number): void {
    const lines = this.#box.value.split('\n');
    const before = lines.slice(0, line - 1).reduce((length, text) => length + text.length + 1, 0);
    const at = before + Math.min(column - 1, lines[line - 1]?.length ?? 0);
    this.#box.focus();
    this.#box.setSelectionRange(at, before + (lines[line - 1]?.length ?? 0));
    this.#box.scrollTop = (line - 4) * Number.parseFloat(getComputedStyle(this.#box).lineHeight);
  }

  appearanceChanged({ fontSize }: Appearance): void {
    this.#box.style.fontSize = `${fontSize}px`;
  }

  focus(): void {
    this.#box.focus();
  }

  dispose(): void {
    this.#box.remove();
  }
}
