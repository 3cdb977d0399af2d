/** The interactive figure: a view on a {@link Player}. Loaded when the figure is reached for; brings the kernel with it. */
import { Player, renderAccount, renderTable, summary, walkThrough } from './index.ts';
import type { Operation } from './types.ts';

const OWN_LINE = 'my line\n';

/** The operation behind a choice of the figure's form. */
function operationOf(kind: string, path: string): Operation {
  if (kind === 'write' || kind === 'append') return { kind, path, text: OWN_LINE };
  return { kind, path } as Operation;
}

export class OverlayView {
  #root: HTMLElement;
  #player = new Player();
  /** How many steps of the walk-through have been done; operations of one's own end the walk. */
  #walked = 0;
  #own = 0;

  constructor(root: HTMLElement) {
    this.#root = root;
    this.#draw(false);
  }

  /** The next step of the walk-through. After operations of one's own the walk-through goes on from its last step. */
  next(): void {
    const step = walkThrough[this.#walked];
    if (step === undefined) return;
    const takenBack = this.#own;
    if (takenBack > 0) {
      this.#player.replay(walkThrough.slice(0, this.#walked));
      this.#own = 0;
    }
    this.#player.forward(step);
    this.#walked++;
    this.#draw(true);
    if (takenBack > 0) this.#find('[data-position]').append(' (your own steps were taken back)');
  }

  back(): void {
    if (this.#player.position === 0) return;
    this.#player.back();
    if (this.#own > 0) this.#own--;
    else this.#walked--;
    this.#draw(true);
  }

  first(): void {
    this.#player.replay([]);
    this.#walked = 0;
    this.#own = 0;
    this.#draw(true);
  }

  /** Does what the reader chose. */
  act(kind: string, path: string): void {
    this.#player.act(operationOf(kind, path));
    this.#own++;
    this.#draw(true);
  }

  #draw(tell: boolean): void {
    const { frame, before, position } = this.#player;
    this.#find('[data-table]').innerHTML = renderTable(frame, before);
    this.#find('[data-account]').innerHTML = renderAccount(frame);
    const own = this.#own > 0 ? `, then ${this.#own} of your own` : '';
    this.#find('[data-position]').textContent = `Step ${this.#walked} of ${walkThrough.length}${own}`;
    this.#enable('back', position > 0);
    this.#enable('first', position > 0);
    this.#enable('next', this.#walked < walkThrough.length);
    if (tell) this.#find('[data-live]').textContent = summary(frame, position);
  }

  /** `aria-disabled` and not `disabled`: a button that is pressed to its end keeps the focus. */
  #enable(name: string, on: boolean): void {
    this.#find(`[data-go="${name}"]`).setAttribute('aria-disabled', String(!on));
  }

  #find(selector: string): HTMLElement {
    return this.#root.querySelector<HTMLElement>(selector)!;
  }
}
