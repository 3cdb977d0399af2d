/** What a reading page ships of the figure: it waits until the form is reached for, then fetches the disk room and the view. */
import type { CloneView } from './view.ts';

class ImageCloneElement extends HTMLElement {
  #view: Promise<CloneView> | null = null;

  connectedCallback(): void {
    const form = this.querySelector('form')!;
    for (const control of form.querySelectorAll<HTMLInputElement>('[disabled]')) control.disabled = false;
    form.addEventListener('focusin', () => void this.#load());
    form.addEventListener('pointerenter', () => void this.#load());
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#load().then((view) => view.act());
    });
    form.querySelector('[data-again]')!.addEventListener('click', () => {
      void this.#load().then((view) => view.again());
    });
  }

  #load(): Promise<CloneView> {
    this.#view ??= import('./view.ts')
      .then(({ CloneView }) => new CloneView(this))
      .catch((error: unknown) => {
        this.#view = null;
        this.querySelector('[data-error]')!.textContent =
          'What steps of your own need could not be loaded. Press the button to try again.';
        throw error;
      });
    return this.#view;
  }
}

customElements.define('image-clone', ImageCloneElement);
