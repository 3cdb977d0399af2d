/** A tab list in the manner of the WAI-ARIA practices: arrows move, one tab stop, the panel follows at once. */
import { fill, h } from '../dom.ts';

export interface Tab {
  readonly id: string;
  readonly label: string;
  /** Id of the element that the tab shows. */
  readonly controls: string;
  /** The tab can be closed; its close button is reached by Delete, too. */
  readonly closable?: boolean;
}

export interface TabsOptions {
  label: string;
  onSelect: (id: string) => void;
  onClose?: (id: string) => void;
}

export class Tabs {
  readonly element: HTMLElement;
  #options: TabsOptions;
  #tabs: readonly Tab[] = [];
  #selected = '';

  constructor(options: TabsOptions) {
    this.#options = options;
    this.element = h('div', {
      class: 'vb-tabs',
      role: 'tablist',
      'aria-label': options.label,
      onkeydown: (event: KeyboardEvent) => this.#key(event),
    });
  }

  get selected(): string {
    return this.#selected;
  }

  /** Draws `tabs` with `selected` chosen; tells nobody. */
  show(tabs: readonly Tab[], selected: string): void {
    this.#tabs = tabs;
    this.#selected = selected;
    const hadFocus = this.element.contains(document.activeElement);
    fill(this.element, ...tabs.map((tab) => this.#draw(tab)));
    if (hadFocus) this.#focusSelected();
  }

  /** Chooses a tab as if it had been pressed. */
  select(id: string): void {
    this.show(this.#tabs, id);
    this.#options.onSelect(id);
  }

  #draw(tab: Tab): HTMLElement {
    const chosen = tab.id === this.#selected;
    const element = h(
      'button',
      {
        type: 'button',
        role: 'tab',
        class: 'vb-tab',
        id: `${tab.controls}-tab-${tab.id.replace(/\W/g, '-')}`,
        'data-tab': tab.id,
        'aria-selected': String(chosen),
        'aria-controls': tab.controls,
        tabindex: chosen ? 0 : -1,
        onclick: () => this.select(tab.id),
      },
      tab.label,
    );
    if (!tab.closable) return element;
    // Inside a tab no second button may stand, so the cross is for the pointer; the keyboard has Delete.
    element.setAttribute('aria-keyshortcuts', 'Delete');
    element.append(
      h(
        'span',
        {
          class: 'vb-tab-close',
          'aria-hidden': 'true',
          title: `Close ${tab.label} (Delete)`,
          onclick: (event: Event) => {
            event.stopPropagation();
            this.#options.onClose?.(tab.id);
          },
        },
        '×',
      ),
    );
    return element;
  }

  #key(event: KeyboardEvent): void {
    const at = this.#tabs.findIndex((tab) => tab.id === this.#selected);
    const last = this.#tabs.length - 1;
    const target = {
      ArrowLeft: at > 0 ? at - 1 : last,
      ArrowRight: at < last ? at + 1 : 0,
      Home: 0,
      End: last,
    }[event.key];
    const tab = target === undefined ? undefined : this.#tabs[target];
    if (tab) this.select(tab.id);
    else if (event.key === 'Delete' && this.#tabs[at]?.closable) this.#options.onClose?.(this.#selected);
    else return;
    event.preventDefault();
    this.#focusSelected();
  }

  #focusSelected(): void {
    this.element.querySelector<HTMLElement>('[aria-selected="true"]')?.focus();
  }
}
