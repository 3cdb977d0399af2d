/** Steps of a figure, one at a time: buttons, arrow keys, or a click on the diagram. All of it is in the page; nothing is fetched. */

export class StepFigureElement extends HTMLElement {
  #at = 0;

  connectedCallback(): void {
    for (const button of this.querySelectorAll<HTMLButtonElement>('[data-go]')) button.disabled = false;
    this.addEventListener('click', (event) => this.#click(event));
    this.addEventListener('keydown', (event) => this.#key(event));
    this.show(0, false);
  }

  /** The index of the step that is seen. */
  get at(): number {
    return this.#at;
  }

  get #steps(): readonly HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>('[data-step]')];
  }

  /** Shows the step with this index; `tell` says it to a screen reader. */
  show(index: number, tell: boolean): void {
    const steps = this.#steps;
    this.#at = Math.max(0, Math.min(steps.length - 1, index));
    for (const [number, step] of steps.entries()) step.toggleAttribute('data-current', number === this.#at);
    for (const part of this.querySelectorAll<HTMLElement>('[data-at]')) {
      const at = part.dataset['at']!.split(' ').map(Number);
      part.toggleAttribute('data-now', at.includes(this.#at));
    }
    this.querySelector('[data-position]')!.textContent = `Step ${this.#at + 1} of ${steps.length}`;
    this.#enable('first', this.#at > 0);
    this.#enable('back', this.#at > 0);
    this.#enable('next', this.#at < steps.length - 1);
    if (!tell) return;
    const said = steps[this.#at]!.querySelector('.steps-say')!.textContent!.replace(/\s+/g, ' ').trim();
    this.querySelector('[data-live]')!.textContent = `Step ${this.#at + 1}: ${said}`;
  }

  #click(event: Event): void {
    const button = (event.target as Element).closest<HTMLElement>('[data-go]');
    if (button !== null) this.#go(button.dataset['go']!);
    const part = (event.target as Element).closest<HTMLElement>('[data-at]');
    if (part !== null) this.show(Number(part.dataset['at']!.split(' ')[0]), true);
  }

  #go(where: string): void {
    const to = { first: 0, back: this.#at - 1, next: this.#at + 1, last: Number.POSITIVE_INFINITY }[where];
    if (to !== undefined && to >= 0) this.show(to, true);
  }

  /** Arrow keys step while one of the figure's buttons has the focus; fields and folded parts keep their own keys. */
  #key(event: KeyboardEvent): void {
    if (!(event.target as Element).matches('[data-go]') || event.altKey || event.ctrlKey || event.metaKey)
      return;
    const where = { ArrowRight: 'next', ArrowLeft: 'back', Home: 'first', End: 'last' }[event.key];
    if (where === undefined) return;
    event.preventDefault();
    this.#go(where);
  }

  /** `aria-disabled` and not `disabled`: a button that is pressed to its end keeps the focus. */
  #enable(name: string, on: boolean): void {
    this.querySelector(`[data-go="${name}"]`)!.setAttribute('aria-disabled', String(!on));
  }
}

customElements.define('step-figure', StepFigureElement);
