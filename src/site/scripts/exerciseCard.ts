/**
 * The exercise card's small script: shows progress, and on Start fetches the lab and opens it. On wide screens the lab
 * takes the right side and the text stays readable on the left, on narrow ones it opens below the card; either way the card keeps its place
 * under the reader's eyes.
 */
import type { ExerciseProgress, LabHandle } from '../../lab/index.ts';
import { reasonOf } from '../../lab/reason.ts';
import { whenReached } from './reaching.ts';

const OPEN_CLASS = 'lab-open';

let lab: Promise<typeof import('../../lab/index.ts')> | null = null;

/** The lab's script, fetched at the first call; after a failure the next call tries again. */
function fetchLab(): Promise<typeof import('../../lab/index.ts')> {
  lab ??= import('../../lab/index.ts').catch((error: unknown) => {
    lab = null;
    throw error;
  });
  return lab;
}

/** Starts what the exercise runs in, in place of what another one was to run in; may be called again. */
async function prepareLab(id: string): Promise<void> {
  const { prepareLab } = await import('../../lab/prepare.ts');
  await prepareLab(id, storedProgress(id) !== null);
}

/** What the lab last wrote about an exercise; null when there is nothing readable. */
function storedProgress(id: string): ExerciseProgress | null {
  try {
    const text = localStorage.getItem(`virtbook.progress.${id}`);
    return text === null ? null : (JSON.parse(text) as ExerciseProgress);
  } catch {
    return null;
  }
}

function progressText(progress: ExerciseProgress | null): string {
  if (progress === null) return 'Not started on this machine';
  if (progress.points === undefined) return 'Started: nothing checked yet';
  const points = `${progress.points} of ${progress.of} points`;
  return progress.state === 'passed' ? `Passed: ${points}` : `Started: ${points} so far`;
}

/** Changes the page's layout so that `anchor` stays at the same height in the window. */
function keepingInPlace(anchor: Element, change: () => void): void {
  const before = anchor.getBoundingClientRect().top;
  change();
  window.scrollBy({ top: anchor.getBoundingClientRect().top - before, behavior: 'instant' });
}

class ExerciseCardElement extends HTMLElement {
  #lab: LabHandle | null = null;

  connectedCallback(): void {
    this.#start.disabled = false;
    this.#start.addEventListener('click', () => void this.#toggle());
    // A hand or the keyboard that reaches the button: the exercise gets ready before it is pressed.
    for (const event of ['pointerenter', 'pointerdown', 'focus'])
      this.#start.addEventListener(event, () => this.#prepare());
    whenReached(this.querySelector('.exercise-card')!, this.#start, () => this.#prepare());
    this.#showProgress(storedProgress(this.#id));
    window.addEventListener('storage', () => this.#showProgress(storedProgress(this.#id)));
    document.addEventListener('virtbook:progress', () => this.#showProgress(storedProgress(this.#id)));
  }

  get #id(): string {
    return this.dataset['exercise'] ?? '';
  }

  get #start(): HTMLButtonElement {
    return this.querySelector<HTMLButtonElement>('[data-start]')!;
  }

  get #place(): HTMLElement {
    return this.querySelector<HTMLElement>('[data-lab]')!;
  }

  #showProgress(progress: ExerciseProgress | null): void {
    this.querySelector('[data-progress]')!.textContent = progressText(progress);
    // While the lab opens or is open, the button is about that.
    if (this.#lab === null && !this.#start.disabled)
      this.#start.textContent = progress === null ? 'Start' : 'Continue';
  }

  #say(text: string): void {
    this.querySelector('[data-status]')!.textContent = text;
  }

  async #toggle(): Promise<void> {
    if (this.#lab === null) await this.#open();
    else await this.#close();
  }

  #prepare(): void {
    if (this.#start.disabled || this.#lab !== null) return;
    // Pressing the button will say what is wrong.
    Promise.all([fetchLab(), prepareLab(this.#id)])
      .then(([{ warmLab }]) => warmLab(this.#id))
      .catch(() => {});
  }

  async #open(): Promise<void> {
    performance.mark('virtbook:click');
    this.#start.disabled = true;
    this.#say('Loading the exercise…');
    let closed = false;
    const onClose = () => {
      closed = true;
      this.#closed();
    };
    try {
      const [{ openLab }] = await Promise.all([fetchLab(), prepareLab(this.#id)]);
      const onReveal = () => this.#layOut(true);
      const title = this.querySelector('.exercise-card-title')!.textContent ?? '';
      const lab = await openLab(this.#place, { exerciseId: this.#id, title, onReveal, onClose });
      if (closed) return;
      this.#lab = lab;
      this.#start.textContent = 'Close the exercise';
      this.#say('');
    } catch (error) {
      this.#layOut(false);
      this.#say(
        `The exercise could not be opened: ${reasonOf(error)}. What you did before is safe. Press ${this.#start.textContent} to try again.`,
      );
    } finally {
      this.#start.disabled = false;
    }
  }

  async #close(): Promise<void> {
    this.#start.disabled = true;
    await this.#lab?.close();
  }

  /** The lab says that it is closed, whether from here or from inside. A disabled button could not take the focus. */
  #closed(): void {
    this.#lab = null;
    this.#start.disabled = false;
    this.#layOut(false);
    this.#showProgress(storedProgress(this.#id));
    this.#start.focus({ preventScroll: true });
  }

  #layOut(open: boolean): void {
    keepingInPlace(this, () => {
      document.documentElement.classList.toggle(OPEN_CLASS, open);
      this.#place.hidden = !open;
      if (!open) this.#place.replaceChildren();
    });
  }
}

customElements.define('exercise-card', ExerciseCardElement);
