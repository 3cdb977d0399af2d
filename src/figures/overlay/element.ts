/**
 * The part of the figure that a reading page ships: it waits until the figure is reached for (pointer, focus or key), then
 * fetches the kernel and the view.
 */
import type { OverlayView } from './view.ts';

class OverlayExplorerElement extends HTMLElement {
  #view: Promise<OverlayView> | null = null;

  connectedCallback(): void {
    for (const control of this.querySelectorAll<HTMLButtonElement | HTMLSelectElement>('[disabled]')) {
      control.disabled = false;
    }
    this.addEventListener('pointerenter', () => void this.#load());
    this.addEventListener('focusin', () => void this.#load());
    this.addEventListener('click', (event) => {
      const button = (event.target as Element).closest<HTMLElement>('[data-go]');
      if (button !== null) void this.#go(button.dataset['go'] ?? '');
    });
    this.addEventListener('keydown', (event) => this.#key(event));
    this.addEventListener('submit', (event) => {
      event.preventDefault();
      const data = new FormData(event.target as HTMLFormElement);
      void this.#load().then((view) => view.act(String(data.get('kind')), String(data.get('path'))));
    });
  }

  #load(): Promise<OverlayView> {
    this.#view ??= import('./view.ts')
      .then(({ OverlayView }) => new OverlayView(this))
      .catch((error: unknown) => {
        this.#view = null;
        this.querySelector('[data-position]')!.textContent =
          'The figure could not be loaded; all steps are told below. Press a button to try again.';
        throw error;
      });
    return this.#view;
  }

  async #go(where: string): Promise<void> {
    const view = await this.#load();
    if (where === 'next') view.next();
    else if (where === 'back') view.back();
    else view.first();
  }

  /** Arrow keys step while the focus is on the controls or the table; selects keep their own keys. */
  #key(event: KeyboardEvent): void {
    if (
      (event.target as Element).matches('select, summary') ||
      event.altKey ||
      event.ctrlKey ||
      event.metaKey
    )
      return;
    const where = { ArrowRight: 'next', ArrowLeft: 'back', Home: 'first' }[event.key];
    if (where === undefined) return;
    event.preventDefault();
    void this.#go(where);
  }
}

customElements.define('overlay-explorer', OverlayExplorerElement);
