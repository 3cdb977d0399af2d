/** Hints, from a question to a near-answer, opened one after the other; each opening is recorded. */
import { button, fill, h, uniqueId } from '../dom.ts';

export class HintsPanel {
  readonly element: HTMLElement;
  #list = h('ol', { class: 'vb-hints' });
  #open: HTMLButtonElement;

  constructor(onOpen: () => void) {
    const heading = uniqueId('hints');
    this.#open = button('', onOpen, { 'data-action': 'hint' });
    this.element = h(
      'section',
      { class: 'vb-panel', 'aria-labelledby': heading, 'data-panel': 'hints' },
      h('h3', { id: heading }, 'Hints'),
      this.#list,
      this.#open,
    );
  }

  draw(hints: readonly string[], total: number): void {
    this.element.hidden = total === 0;
    if (this.#list.childElementCount === hints.length && this.#open.textContent !== '') return;
    fill(this.#list, ...hints.map((text, index) => h('li', { 'data-hint': index, tabindex: -1 }, text)));
    this.#open.hidden = hints.length >= total;
    this.#open.textContent = `Open hint ${hints.length + 1} of ${total} (recorded)`;
  }

  /** Moves the reader to the hint opened last. */
  focusLast(): void {
    const last = this.#list.lastElementChild as HTMLElement | null;
    last?.focus();
  }
}
