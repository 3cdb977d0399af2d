/**
 * The frame of the lab: header, notices, three panes, and the bar with the one primary button. The panes arrange themselves by the width
 * of the lab, not of the page: side by side, two over each other, or one at a time behind tabs.
 */
import { button, h, uniqueId } from '../dom.ts';
import { inertOutside } from './inert.ts';
import { Notices } from './notices.ts';
import { Split } from './split.ts';
import { Tabs } from './tabs.ts';

export type PaneName = 'guide' | 'terminal' | 'code';
export type Layout = 'wide' | 'medium' | 'narrow';

export interface ShellOptions {
  exerciseId: string;
  onPrimary: () => void;
  onShortcuts: () => void;
  onFontSize: (by: number) => void;
  onScreenReader: () => void;
  onReset: () => void;
  onUndoReset: () => void;
  onSubmit: () => void;
  onClose: () => void;
}

/** From this width on (CSS pixels) task, terminal and code stand side by side: beside the text on a 1280 pixel screen, too. */
const WIDE = 840;
const MEDIUM = 620;
const LABELS: Readonly<Record<PaneName, string>> = { guide: 'Task', terminal: 'Terminal', code: 'Code' };

export class Shell {
  readonly root: HTMLElement;
  readonly notices = new Notices(() => this.focusTitle());
  readonly panes: Readonly<Record<PaneName, HTMLElement>>;
  readonly primary: HTMLButtonElement;
  readonly undoReset: HTMLButtonElement;
  readonly submit: HTMLButtonElement;
  readonly reset: HTMLButtonElement;
  readonly screenReader: HTMLButtonElement;
  #title: HTMLElement;
  #status = h('span', { class: 'vb-status', role: 'status' });
  #spoken = h('div', { class: 'vb-sr', role: 'status', 'aria-live': 'polite', 'data-live': true });
  #fullScreen: HTMLButtonElement;
  #stage: HTMLElement;
  #tabs: Tabs;
  #options: ShellOptions;
  #layout: Layout = 'wide';
  #chosen: PaneName = 'guide';
  #resizing: ResizeObserver;
  #undoInert: (() => void) | null = null;
  #splits: { main: Split; work: Split; stacked: Split };

  constructor(options: ShellOptions) {
    this.#options = options;
    const title = uniqueId('lab');
    this.root = h('section', {
      class: 'vb-lab not-content',
      'aria-labelledby': title,
      'data-virtbook-lab': options.exerciseId,
      'data-state': 'loading',
      'data-layout': 'wide',
    });
    this.#title = h('h2', { id: title, class: 'vb-title', tabindex: -1 }, 'Exercise');
    const pane = (name: PaneName) =>
      h('div', {
        class: `vb-pane vb-pane-${name}`,
        id: uniqueId(name),
        'data-pane': name,
        role: 'group',
        'aria-label': LABELS[name],
      });
    this.panes = { guide: pane('guide'), terminal: pane('terminal'), code: pane('code') };
    this.#tabs = new Tabs({ label: 'Parts of the lab', onSelect: (id) => this.show(id as PaneName) });
    this.#splits = this.#makeSplits();
    this.#stage = h(
      'div',
      { class: 'vb-main' },
      this.panes.guide,
      this.#splits.main.element,
      this.#splits.stacked.element,
      this.#tabs.element,
      this.panes.terminal,
      this.#splits.work.element,
      this.panes.code,
    );
    this.primary = button('Check', options.onPrimary, {
      class: 'vb-button vb-primary',
      'data-primary': 'check',
      'aria-keyshortcuts': 'Control+Enter',
    });
    this.reset = button('Reset', options.onReset, { 'data-action': 'reset' });
    this.undoReset = button('Undo reset', options.onUndoReset, { 'data-action': 'undo-reset', hidden: true });
    this.submit = button('Submit', options.onSubmit, { 'data-action': 'submit' });
    this.#fullScreen = button('Full screen', () => this.toggleFullScreen(), {
      class: 'vb-button vb-small',
      'aria-pressed': 'false',
      title: 'Full screen (F9)',
      'data-action': 'full-screen',
    });
    this.screenReader = button('Screen reader', options.onScreenReader, {
      class: 'vb-button vb-small',
      'aria-pressed': 'false',
      title: 'Screen-reader support of terminal and editor',
      'data-action': 'screen-reader',
    });
    this.root.append(
      this.#header(),
      this.notices.element,
      this.#stage,
      h(
        'div',
        { class: 'vb-actions' },
        this.#status,
        h('span', { class: 'vb-row' }, this.undoReset, this.reset, this.submit, this.primary),
      ),
      this.#spoken,
    );
    // Captured on the way in: editor and terminal have meanings of their own for some of these keys.
    this.root.addEventListener('keydown', (event) => this.#key(event), { capture: true });
    this.#resizing = new ResizeObserver(() => this.#arrange());
    this.#resizing.observe(this.root);
    this.#arrange();
  }

  get layout(): Layout {
    return this.#layout;
  }

  set title(text: string) {
    this.#title.textContent = text;
  }

  /** What the lab is doing, beside the buttons; an empty text when it is at rest. */
  status(text: string): void {
    // The same text again would be read aloud again.
    if (this.#status.textContent !== text) this.#status.textContent = text;
  }

  /** Says something to a screen reader. */
  announce(text: string): void {
    this.#spoken.textContent = '';
    setTimeout(() => {
      this.#spoken.textContent = text;
    }, 50);
  }

  focusTitle(): void {
    this.#title.focus({ preventScroll: true });
  }

  /** Brings a pane into view where not all of them are, and the lab where the page has been scrolled within it. */
  show(pane: PaneName): void {
    this.#chosen = pane;
    this.root.dataset.shown = pane;
    this.root.dataset.work = pane === 'guide' ? (this.root.dataset.work ?? 'terminal') : pane;
    this.#drawTabs();
    if (this.#layout !== 'wide') this.root.scrollIntoView({ block: 'nearest' });
  }

  toggleFullScreen(): void {
    const on = this.root.dataset.fullScreen !== 'true';
    this.root.dataset.fullScreen = String(on);
    document.documentElement.classList.toggle('vb-full-screen', on);
    // The top layer: the page's own header would otherwise lie over a lab that is inside the text.
    if (on) this.root.setAttribute('popover', 'manual');
    this.root.togglePopover(on);
    if (!on) this.root.removeAttribute('popover');
    this.#fullScreen.setAttribute('aria-pressed', String(on));
    this.#undoInert?.();
    this.#undoInert = on ? inertOutside(this.root) : null;
  }

  get splitValues(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.#splits).map(([name, split]) => [name, split.value]));
  }

  setSplitValues(values: unknown): void {
    if (typeof values !== 'object' || values === null) return;
    for (const [name, split] of Object.entries(this.#splits)) {
      const value = (values as Record<string, unknown>)[name];
      if (typeof value === 'number' && Number.isFinite(value)) split.set(value);
    }
  }

  dispose(): void {
    this.#resizing.disconnect();
    if (this.root.dataset.fullScreen === 'true') this.toggleFullScreen();
    this.root.remove();
  }

  #header(): HTMLElement {
    const small = (label: string, name: string, run: () => void, hook: string) =>
      button(label, run, {
        class: 'vb-button vb-small',
        // The name begins with what is to be seen, so that speech input finds the button.
        'aria-label': `${label} (${name})`,
        title: name,
        'data-action': hook,
      });
    return h(
      'header',
      { class: 'vb-header' },
      this.#title,
      h(
        'div',
        { class: 'vb-row', role: 'toolbar', 'aria-label': 'Lab' },
        small(
          'A−',
          'Smaller text in terminal and editor',
          () => this.#options.onFontSize(-1),
          'font-smaller',
        ),
        small('A+', 'Larger text in terminal and editor', () => this.#options.onFontSize(1), 'font-larger'),
        this.screenReader,
        this.#fullScreen,
        small('?', 'Keys of the lab', this.#options.onShortcuts, 'shortcuts'),
        small('Close', 'Close the lab; your work is kept', this.#options.onClose, 'close'),
      ),
    );
  }

  #makeSplits() {
    const box = () => this.#stage.getBoundingClientRect();
    const split = (name: string, label: string, orientation: 'vertical' | 'horizontal', initial: number) =>
      new Split({
        name,
        label,
        orientation,
        initial,
        min: 15,
        max: 85,
        box,
        onChange: (percent) => this.root.style.setProperty(`--vb-${name}`, `${percent}%`),
      });
    return {
      main: split('main', 'Width of the task', 'vertical', 34),
      work: split('work', 'Height of the terminal', 'horizontal', 45),
      stacked: split('stacked', 'Height of the task', 'horizontal', 42),
    };
  }

  #arrange(): void {
    const width = this.root.clientWidth || WIDE;
    const layout = width >= WIDE ? 'wide' : width >= MEDIUM ? 'medium' : 'narrow';
    if (layout === this.#layout && this.root.dataset.shown) return;
    this.#layout = layout;
    this.root.dataset.layout = layout;
    if (layout === 'medium' && this.#chosen === 'guide') this.#chosen = 'terminal';
    this.root.dataset.shown = this.#chosen;
    this.root.dataset.work ??= 'terminal';
    this.#drawTabs();
  }

  #drawTabs(): void {
    const names: PaneName[] =
      this.#layout === 'narrow' ? ['guide', 'terminal', 'code'] : ['terminal', 'code'];
    const selected = this.#layout === 'narrow' ? this.#chosen : (this.root.dataset.work ?? 'terminal');
    this.#tabs.element.hidden = this.#layout === 'wide';
    this.#tabs.show(
      names.map((name) => ({ id: name, label: LABELS[name], controls: this.panes[name].id })),
      selected,
    );
  }

  #key(event: KeyboardEvent): void {
    if (event.target instanceof Element && event.target.closest('dialog')) return;
    if (event.key === 'F6') this.#cycle(event.shiftKey ? -1 : 1);
    else if (event.key === 'F9') this.toggleFullScreen();
    else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) this.primary.click();
    else if (event.key === '?' && !isTyping(event.target)) this.#options.onShortcuts();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** F6 goes around: task, terminal, code, buttons. */
  #cycle(by: number): void {
    const stops: (PaneName | 'actions')[] = ['guide', 'terminal', 'code', 'actions'];
    const active = document.activeElement;
    const inside = stops.findIndex((stop) => this.#stop(stop).contains(active));
    const next = stops[(Math.max(inside, by > 0 ? -1 : 0) + by + stops.length) % stops.length]!;
    if (next === 'actions') {
      this.primary.focus();
      return;
    }
    this.show(next);
    this.panes[next].dispatchEvent(new CustomEvent('vb-focus'));
  }

  #stop(stop: PaneName | 'actions'): Element {
    return stop === 'actions' ? this.primary.parentElement! : this.panes[stop];
  }
}

/** The key goes into a text, where a `?` is a `?`. */
function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof Element && target.closest('input, textarea, select, [contenteditable], .xterm') !== null
  );
}
