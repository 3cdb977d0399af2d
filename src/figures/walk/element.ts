/** What a reading page ships of the walk: it waits until the form is used, then fetches the kernel and the view. */
import type { WalkView } from './view.ts';

class AddressWalkElement extends HTMLElement {
  #view: Promise<WalkView> | null = null;

  connectedCallback(): void {
    for (const control of this.querySelectorAll<HTMLInputElement>('form [disabled]'))
      control.disabled = false;
    const form = this.querySelector('form')!;
    form.addEventListener('focusin', () => void this.#load());
    form.addEventListener('pointerenter', () => void this.#load());
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#load().then((view) => view.walkOwn());
    });
    form.querySelector('[name=preset]')!.addEventListener('change', () => {
      void this.#load().then((view) => view.walkPreset());
    });
  }

  #load(): Promise<WalkView> {
    this.#view ??= import('./view.ts')
      .then(({ WalkView }) => new WalkView(this))
      .catch((error: unknown) => {
        this.#view = null;
        this.querySelector('[data-error]')!.textContent =
          'What other walks need could not be loaded. Choose again to try again.';
        throw error;
      });
    return this.#view;
  }
}

customElements.define('address-walk', AddressWalkElement);
