/** Messages about the lab itself: what happened, what is safe, what to press. They stay until they are answered. */
import { button, fill, h } from '../dom.ts';

export interface NoticeAction {
  label: string;
  run: () => void;
}

export interface Notice {
  /** One notice of a kind at a time; a new one takes the old one's place. */
  kind: string;
  tone: 'info' | 'problem';
  text: string;
  actions?: readonly NoticeAction[];
  /** Stays until the lab itself takes it away. */
  lasting?: boolean;
}

export class Notices {
  readonly element = h('div', { class: 'vb-notices', role: 'status', 'aria-live': 'polite' });
  #shown = new Map<string, HTMLElement>();
  #focusLost: () => void;

  /** `focusLost` is called when the last notice goes away with the focus in it. */
  constructor(focusLost: () => void) {
    this.#focusLost = focusLost;
  }

  show(notice: Notice): void {
    const actions = (notice.actions ?? []).map((action) => {
      const run = () => {
        this.clear(notice.kind);
        action.run();
      };
      return button(action.label, run, { 'data-notice-action': action.label });
    });
    const dismiss = !notice.lasting && button('Dismiss', () => this.clear(notice.kind));
    const element = this.#shown.get(notice.kind) ?? h('div', {});
    element.className = `vb-notice vb-notice-${notice.tone}`;
    element.dataset.notice = notice.kind;
    fill(element, h('p', {}, notice.text), h('div', { class: 'vb-row' }, ...actions, dismiss));
    this.#shown.set(notice.kind, element);
    this.element.append(element);
  }

  has(kind: string): boolean {
    return this.#shown.has(kind);
  }

  clear(kind: string): void {
    const gone = this.#shown.get(kind);
    const hadFocus = gone?.contains(document.activeElement);
    gone?.remove();
    this.#shown.delete(kind);
    if (!hadFocus) return;
    const next = this.element.querySelector<HTMLElement>('button');
    if (next) next.focus();
    else this.#focusLost();
  }
}
