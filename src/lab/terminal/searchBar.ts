/** The line with which one searches a terminal. */
import { button, fill, h, uniqueId } from '../dom.ts';

export interface SearchBarOptions {
  /** Finds the next or the previous place; false when there is none. */
  find: (text: string, backwards: boolean) => boolean;
  onClosed: () => void;
}

export class SearchBar {
  readonly element: HTMLElement;
  #options: SearchBarOptions;
  #input: HTMLInputElement;
  #result = h('span', { role: 'status' });

  constructor(options: SearchBarOptions) {
    this.#options = options;
    const id = uniqueId('find');
    this.#input = h('input', { id, type: 'search', spellcheck: 'false', oninput: () => this.#find(false) });
    this.element = h(
      'form',
      {
        class: 'vb-search',
        role: 'search',
        hidden: true,
        onsubmit: (event: Event) => {
          event.preventDefault();
          this.#find(false);
        },
        onkeydown: (event: KeyboardEvent) => {
          if (event.key === 'Escape') this.close();
          else if (event.key === 'Enter' && event.shiftKey) {
            event.preventDefault();
            this.#find(true);
          }
        },
      },
      h('label', { for: id }, 'Find in the terminal'),
      this.#input,
      button('Previous', () => this.#find(true), { class: 'vb-button vb-small' }),
      h('button', { class: 'vb-button vb-small' }, 'Next'),
      button('Close', () => this.close(), { class: 'vb-button vb-small' }),
      this.#result,
    );
  }

  open(): void {
    this.element.hidden = false;
    this.#input.focus();
    this.#input.select();
  }

  close(): void {
    this.element.hidden = true;
    this.#options.onClosed();
  }

  #find(backwards: boolean): void {
    const text = this.#input.value;
    const found = text !== '' && this.#options.find(text, backwards);
    fill(this.#result, text !== '' && !found && 'Not found');
  }
}
