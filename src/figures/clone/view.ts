/** Steps of a reader's own: the history up to the step that is seen, and then theirs. Loaded when the form is reached for. */
import type { StepFigureElement } from '../steps/element.ts';
import { renderSteps } from '../steps/render.ts';
import { type Disk, OWN_TEXT, renderHistory, type Step, walkThrough } from './index.ts';

const REMARK = 'Your own step.';

export class CloneView {
  #root: HTMLElement;
  #history: readonly Step[] = walkThrough;

  constructor(root: HTMLElement) {
    this.#root = root;
  }

  /** Does what the form says, after the step that is seen; what would have come after it is dropped. */
  act(): void {
    const data = new FormData(this.#root.querySelector('form')!);
    const disk = String(data.get('disk')) as Disk;
    const cluster = Number(data.get('cluster'));
    const operation =
      data.get('kind') === 'read'
        ? ({ kind: 'read', disk, cluster } as const)
        : ({ kind: 'write', disk, cluster, text: OWN_TEXT[disk] } as const);
    this.#history = [...this.#history.slice(0, this.#figure.at), { operation, remark: REMARK }];
    this.#show(this.#history.length);
  }

  /** The walk-through from its start. */
  again(): void {
    this.#history = walkThrough;
    this.#show(0);
  }

  #show(at: number): void {
    this.#root.querySelector('.steps-list')!.innerHTML = renderSteps(renderHistory(this.#history));
    this.#figure.show(at, true);
  }

  get #figure(): StepFigureElement {
    return this.#root.querySelector<StepFigureElement>('step-figure')!;
  }
}
