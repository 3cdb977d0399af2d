/** A bar between two panes that is moved by pointer or keyboard (WAI-ARIA window splitter). */
import { h } from '../dom.ts';

export interface SplitOptions {
  /** Names the bar in `data-split`. */
  name: string;
  /** What the bar sizes, for its accessible name. */
  label: string;
  /** Which way the bar itself runs: a vertical bar stands between panes side by side. */
  orientation: 'vertical' | 'horizontal';
  /** Per cent of the space that the first pane takes. */
  initial: number;
  min: number;
  max: number;
  /** The box both panes share. */
  box: () => DOMRect;
  onChange: (percent: number) => void;
}

const KEY_STEP = 5;

export class Split {
  readonly element: HTMLElement;
  #options: SplitOptions;
  #value: number;

  constructor(options: SplitOptions) {
    this.#options = options;
    this.#value = options.initial;
    this.element = h('div', {
      class: `vb-split vb-split-${options.orientation}`,
      role: 'separator',
      'data-split': options.name,
      tabindex: 0,
      title: `${options.label}: drag, or use the arrow keys`,
      'aria-label': options.label,
      'aria-orientation': options.orientation,
      'aria-valuemin': options.min,
      'aria-valuemax': options.max,
      onkeydown: (event: KeyboardEvent) => this.#key(event),
      onpointerdown: (event: PointerEvent) => this.#grab(event),
      ondblclick: () => this.set(options.initial),
    });
    this.set(options.initial);
  }

  /** Per cent of the space that the first pane has. */
  get value(): number {
    return this.#value;
  }

  set(percent: number): void {
    const { min, max } = this.#options;
    this.#value = Math.round(Math.min(max, Math.max(min, percent)));
    this.element.setAttribute('aria-valuenow', String(this.#value));
    this.#options.onChange(this.#value);
  }

  #key(event: KeyboardEvent): void {
    const { min, max, orientation } = this.#options;
    const [less, more] = orientation === 'vertical' ? ['ArrowLeft', 'ArrowRight'] : ['ArrowUp', 'ArrowDown'];
    if (event.key === less) this.set(this.#value - KEY_STEP);
    else if (event.key === more) this.set(this.#value + KEY_STEP);
    else if (event.key === 'Home') this.set(min);
    else if (event.key === 'End') this.set(max);
    else return;
    event.preventDefault();
  }

  #grab(event: PointerEvent): void {
    if (event.button !== 0) return;
    event.preventDefault();
    this.element.setPointerCapture(event.pointerId);
    this.element.focus();
    const move = (at: PointerEvent) => {
      const box = this.#options.box();
      const share =
        this.#options.orientation === 'vertical'
          ? (at.clientX - box.left) / box.width
          : (at.clientY - box.top) / box.height;
      this.set(share * 100);
    };
    const drop = () => {
      this.element.removeEventListener('pointermove', move);
      this.element.removeEventListener('pointerup', drop);
      this.element.removeEventListener('pointercancel', drop);
    };
    this.element.addEventListener('pointermove', move);
    this.element.addEventListener('pointerup', drop);
    this.element.addEventListener('pointercancel', drop);
  }
}
