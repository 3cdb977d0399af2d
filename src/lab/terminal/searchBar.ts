/** The line with which one searches a terminal. */
import { button, fill, h, uniqueId } from '../dom.ts';

export interface SearchBarOptions {
  /** Finds the next or the previous place; false when there is none. Rejects when what it needs cannot be fetched. */
  find: (text: string, backwards: boolean) => Promise<boolean>;
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
    this.#input = h('input', {
      id,
      type: 'search',
      spellcheck: 'false',
      oninput: () => void this.#find(false),
    });
    this.element = h(
      'form',
      {
        class: 'vb-search',
        role: 'search',
        hidden: true,
        onsubmit: (event: Event) => {
          event.preventDefault();
          void this.#find(false);
        },
        onkeydown: (event: KeyboardEvent) => {
          if (event.key === 'Escape') this.close();
          else if (event.key === 'Enter' && event.shiftKey) {
            event.preventDefault();
            void this.#find(true);
          }
        },
      },
      h('label', { for: id }, 'Find in the terminal'),
      this.#input,
      button('Previous', () => void this.#find(true), { class: 'vb-button vb-small' }),
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

  async #find(backwards: boolean): Promise<void> {
    const text = this.#input.value;
    const found = text === '' || (await this.#options.find(text, backwards).catch(() => null));
    // Meanwhile another text may have been asked for.
    if (text !== this.#input.value) return;
    fill(this.#result, found === null ? 'The search could not be fetched' : !found && 'Not found');
  }
}
