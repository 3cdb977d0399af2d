/** The order of work as a list: where one is, what is behind, and a way to each place. */
import { button, fill, h } from '../dom.ts';
import { currentStep, isDone, type Progress, STEPS, type Step } from './flow.ts';

export class StepBar {
  readonly element = h('ol', { class: 'vb-steps', 'aria-label': 'Order of work' });
  #onGo: (step: Step) => void;
  #drawn = '';

  constructor(onGo: (step: Step) => void) {
    this.#onGo = onGo;
  }

  draw(progress: Progress): void {
    const current = currentStep(progress);
    const state = STEPS.map(({ id }) =>
      id === current ? 'current' : isDone(id, progress) ? 'done' : 'ahead',
    );
    if (state.join() === this.#drawn) return;
    this.#drawn = state.join();
    const items = STEPS.map(({ id, label }, at) =>
      h(
        'li',
        { 'data-step': id, 'data-step-state': state[at] },
        button(label, () => this.#onGo(id), {
          class: 'vb-step',
          'aria-current': id === current ? 'step' : null,
        }),
        state[at] === 'done' && h('span', { class: 'vb-sr' }, ' (done)'),
      ),
    );
    fill(this.element, ...items);
  }
}
