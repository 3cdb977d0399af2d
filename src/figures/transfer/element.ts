/** The calculator in the page: what the fields say, computed anew at each change. */
import { SIZE_UNITS, type SizeUnit, SPEED_UNITS, type SpeedUnit, type Transfer } from './model.ts';
import { PRESETS, renderCalculation, sayResult } from './render.ts';

class TransferCalculatorElement extends HTMLElement {
  connectedCallback(): void {
    for (const control of this.querySelectorAll<HTMLInputElement>('[disabled]')) control.disabled = false;
    const form = this.#form;
    form.addEventListener('submit', (event) => event.preventDefault());
    form.addEventListener('input', () => this.#compute());
    this.addEventListener('click', (event) => {
      const button = (event.target as Element).closest<HTMLElement>('[data-preset]');
      if (button !== null) this.#fill(PRESETS[Number(button.dataset['preset'])]!.transfer);
    });
  }

  get #form(): HTMLFormElement {
    return this.querySelector<HTMLFormElement>('[data-form]')!;
  }

  #field(name: keyof Transfer): HTMLInputElement | HTMLSelectElement {
    return this.#form.elements.namedItem(name) as HTMLInputElement | HTMLSelectElement;
  }

  #fill(transfer: Transfer): void {
    for (const name of ['size', 'sizeUnit', 'rated', 'speedUnit', 'efficiency'] as const)
      this.#field(name).value = String(transfer[name]);
    this.#compute();
  }

  #compute(): void {
    const number = (name: keyof Transfer) => Number.parseFloat(this.#field(name).value);
    const sizeUnit = this.#field('sizeUnit').value;
    const speedUnit = this.#field('speedUnit').value;
    if (!(sizeUnit in SIZE_UNITS) || !(speedUnit in SPEED_UNITS)) return;
    const transfer: Transfer = {
      size: number('size'),
      sizeUnit: sizeUnit as SizeUnit,
      rated: number('rated'),
      speedUnit: speedUnit as SpeedUnit,
      efficiency: number('efficiency'),
    };
    const error = this.querySelector('[data-error]')!;
    try {
      this.querySelector('[data-result]')!.innerHTML = renderCalculation(transfer);
      this.querySelector('[data-live]')!.textContent = sayResult(transfer);
      error.textContent = '';
    } catch (failure) {
      if (!(failure instanceof RangeError)) throw failure;
      error.textContent = `${failure.message} Below stands the last result.`;
    }
  }
}

customElements.define('transfer-calculator', TransferCalculatorElement);
