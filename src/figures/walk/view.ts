/** Walks that a reader asks for. Loaded when the form is reached for; brings the machine and the hypervisor with it. */
import type { StepFigureElement } from '../steps/element.ts';
import { hex } from '../steps/html.ts';
import { renderSteps } from '../steps/render.ts';
import { PRESETS, rendered } from './index.ts';
import { parseAddress } from './presets.ts';
import type { Access, Accessor, Request } from './world.ts';

export class WalkView {
  #root: HTMLElement;
  #form: HTMLFormElement;

  constructor(root: HTMLElement) {
    this.#root = root;
    this.#form = root.querySelector('form')!;
  }

  /** Walks what the list of examples says. */
  walkPreset(): void {
    const preset = PRESETS[Number(this.#field('preset').value)];
    if (preset === undefined) return;
    const { request } = preset;
    this.#field('by').value = request.by;
    this.#field('access').value = request.access;
    this.#field('address').value = hex(request.address, 8);
    this.#show(request);
  }

  /** Walks what the fields say. */
  walkOwn(): void {
    const address = parseAddress(this.#field('address').value);
    if (address === null) {
      this.#error('A virtual address has one to eight hexadecimal digits, as in 0x20008.');
      return;
    }
    this.#field('preset').value = 'own';
    this.#show({
      address,
      access: this.#field('access').value as Access,
      by: this.#field('by').value as Accessor,
    });
  }

  #show(request: Request): void {
    const { steps, grid } = rendered(request);
    this.#error('');
    this.#root.querySelector('[data-grid]')!.innerHTML = grid;
    this.#root.querySelector('.steps-list')!.innerHTML = renderSteps(steps);
    this.#root.querySelector<StepFigureElement>('step-figure')!.show(0, true);
  }

  #error(text: string): void {
    this.#root.querySelector('[data-error]')!.textContent = text;
  }

  #field(name: string): HTMLInputElement | HTMLSelectElement {
    return this.#form.elements.namedItem(name) as HTMLInputElement | HTMLSelectElement;
  }
}
