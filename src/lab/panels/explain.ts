/** The end of the work: say it in one's own words, then read the answer. */
import { button, fill, h, uniqueId } from '../dom.ts';
import { reasonOf } from '../reason.ts';

export interface ExplainOptions {
  onExplanation: (text: string) => void;
  onAnswer: () => void;
}

export class ExplainPanel {
  readonly element: HTMLElement;
  #box: HTMLTextAreaElement;
  #answer = h('div', { class: 'vb-answer', 'data-answer-state': 'closed' });
  #open: HTMLButtonElement;

  constructor(options: ExplainOptions) {
    const heading = uniqueId('explain');
    const box = uniqueId('explanation');
    this.#box = h('textarea', { id: box, rows: 3, oninput: () => options.onExplanation(this.#box.value) });
    this.#open = button('Open the answer (recorded)', options.onAnswer, { 'data-action': 'answer' });
    this.element = h(
      'section',
      { class: 'vb-panel', 'aria-labelledby': heading, 'data-panel': 'explain' },
      h('h3', { id: heading }, 'Explain'),
      h(
        'label',
        { for: box },
        'In a sentence or two: why did it happen this way? Kept with your attempts, not graded.',
      ),
      this.#box,
      this.#open,
      this.#answer,
    );
  }

  setText(text: string): void {
    this.#box.value = text;
  }

  focus(): void {
    this.#box.focus();
  }

  /** Shows the answer from its page, or says why it cannot be shown. */
  async showAnswer(url: string): Promise<void> {
    this.#open.hidden = true;
    this.#answer.dataset.answerState = 'loading';
    fill(this.#answer, h('p', {}, 'Fetching the answer …'));
    try {
      const response = await fetch(url);
      if (!response.ok) throw new Error(`the server answered ${response.status}`);
      const page = new DOMParser().parseFromString(await response.text(), 'text/html');
      const answer = page.querySelector('[data-answer]');
      if (!answer) throw new Error('the page holds no answer');
      // Links to places of the answer's own page lead nowhere here.
      for (const element of answer.querySelectorAll('script, style, .sl-anchor-link')) element.remove();
      const region = h('div', {
        class: 'vb-answer-text',
        tabindex: -1,
        role: 'region',
        'aria-label': 'Answer',
      });
      region.append(...[...answer.childNodes].map((node) => document.importNode(node, true)));
      for (const heading of region.querySelectorAll('[id]')) heading.removeAttribute('id');
      fill(this.#answer, region);
      this.#answer.dataset.answerState = 'open';
      region.focus();
    } catch (error) {
      this.#answer.dataset.answerState = 'failed';
      fill(
        this.#answer,
        h('p', {}, `The answer could not be fetched: ${reasonOf(error)}. Your work is safe. `),
        button('Try again', () => void this.showAnswer(url)),
        h('p', {}, h('a', { href: url }, 'Open it as a page')),
      );
    }
  }

  closeAnswer(): void {
    this.#open.hidden = false;
    this.#answer.dataset.answerState = 'closed';
    fill(this.#answer);
  }
}
