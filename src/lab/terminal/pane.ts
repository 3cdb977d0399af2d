/** The terminal pane: one tab for each terminal, on any host of the exercise, drawn by xterm or as plain text. */
import { concatBytes } from '../../base/index.ts';
import { button, fill, h, uniqueId } from '../dom.ts';
import { Tabs } from '../layout/tabs.ts';
import type { TerminalSize, TerminalState } from '../worker/protocol.ts';
import { PlainText } from './plainText.ts';
import { PlainView } from './plainView.ts';
import { SearchBar } from './searchBar.ts';
import { type Appearance, HINTS, type TerminalView, type TerminalViewOptions } from './view.ts';

export interface TerminalPaneOptions {
  appearance: Appearance;
  plain: boolean;
  onOpen: (host: string) => void;
  onInput: (terminal: number, data: string) => void;
  onResize: (terminal: number, size: TerminalSize) => void;
  onClose: (terminal: number) => void;
  /** The pane's own text mode was changed by its button. */
  onPlain: (plain: boolean) => void;
}

interface Entry {
  readonly id: number;
  readonly host: string;
  readonly label: string;
  readonly last: PlainText;
  printed: Uint8Array[];
  view: TerminalView | null;
  size: TerminalSize | null;
}

/** Kept for redrawing in the other mode, per terminal. */
const KEPT_BYTES = 256 * 1024;
const PROMPT = /[$#>]$/;

export class TerminalPane {
  readonly element: HTMLElement;
  #options: TerminalPaneOptions;
  #appearance: Appearance;
  #plain: boolean;
  #entries: Entry[] = [];
  #selected = -1;
  #hosts: readonly string[] = [];
  #tabs: Tabs;
  #stage: HTMLElement;
  #opener = h('span', { class: 'vb-row' });
  #hint = h('p', { class: 'vb-hint-line' });
  #plainButton: HTMLButtonElement;
  #search: SearchBar;
  #xterm: typeof import('./xtermView.ts') | null = null;
  /** Drawn before the world is there, so that its first words are to be seen at once: the first terminal takes it. */
  #spare: { readonly view: TerminalView; entry: Entry | null } | null = null;
  /** What has the focus until the view that is to get it is there; who goes elsewhere meanwhile is not called back. */
  #focusFrom: Element | null = null;
  #keyAt = 0;
  #resizeFrame = 0;

  constructor(options: TerminalPaneOptions) {
    this.#options = options;
    this.#appearance = options.appearance;
    this.#plain = options.plain;
    const panel = uniqueId('terminal');
    this.#tabs = new Tabs({
      label: 'Terminals',
      onSelect: (id) => this.select(Number(id)),
      onClose: (id) => options.onClose(Number(id)),
    });
    this.#search = new SearchBar({
      find: (text, backwards) => this.#current?.view?.find?.(text, backwards) ?? Promise.resolve(false),
      onClosed: () => this.focus(),
    });
    this.#plainButton = button('Plain text', () => options.onPlain(!this.#plain), {
      class: 'vb-button vb-small',
    });
    this.#stage = h('div', { class: 'vb-stage', id: panel, role: 'tabpanel', 'aria-label': 'Terminal' });
    const find = button('Find', () => this.#search.open(), {
      class: 'vb-button vb-small',
      title: 'Find in the terminal (Ctrl+Shift+F)',
      'data-find': true,
    });
    this.element = h(
      'div',
      { class: 'vb-terminal', 'data-prompt-ready': 'false' },
      h(
        'div',
        { class: 'vb-bar' },
        this.#tabs.element,
        this.#opener,
        h('span', { class: 'vb-row' }, find, this.#plainButton),
      ),
      h('div', { class: 'vb-search-place' }, this.#search.element),
      this.#stage,
      this.#hint,
    );
    this.element.addEventListener('keydown', (event) => {
      if (!(event.ctrlKey && event.shiftKey && event.key.toLowerCase() === 'f')) return;
      event.preventDefault();
      this.#search.open();
    });
    new ResizeObserver(() => this.#fitSoon()).observe(this.#stage);
    this.#drawModes();
  }

  get #current(): Entry | undefined {
    return this.#entries.find((entry) => entry.id === this.#selected);
  }

  /** The size a new terminal would have. */
  get size(): TerminalSize {
    return (this.#current?.view ?? this.#spare?.view)?.fit() ?? { cols: 80, rows: 24 };
  }

  /** Draws an empty terminal while the worker prepares the world; it is said then how large it is. */
  async prepare(): Promise<void> {
    if (this.#plain || this.#spare || this.#entries.length > 0) return;
    const made = await this.#makeView(null);
    if (this.#spare || this.#entries.length > 0) made?.view.dispose();
    else this.#spare = made;
  }

  /** Shows exactly these terminals, with all they have printed. */
  show(terminals: readonly TerminalState[], hosts: readonly string[]): void {
    const hadFocus = this.#stage.contains(document.activeElement);
    for (const entry of this.#entries) entry.view?.dispose();
    this.#hosts = hosts;
    this.#entries = [];
    for (const terminal of terminals) this.#entries.push(this.#entry(terminal));
    fill(
      this.#opener,
      ...hosts.map((host) =>
        button(hosts.length > 1 ? `+ ${host}` : '+', () => this.#options.onOpen(host), {
          class: 'vb-button vb-small',
          'aria-label': `New terminal on ${host}`,
          title: `New terminal on ${host}`,
          'data-open-terminal': host,
        }),
      ),
    );
    this.select(this.#entries[0]?.id ?? -1);
    if (hadFocus) this.focus();
  }

  add(terminal: TerminalState): void {
    this.#entries.push(this.#entry(terminal));
    this.select(terminal.id);
    this.focus();
  }

  remove(id: number): void {
    const at = this.#entries.findIndex((entry) => entry.id === id);
    const [gone] = at < 0 ? [] : this.#entries.splice(at, 1);
    gone?.view?.dispose();
    if (this.#selected === id) this.select(this.#entries[Math.max(0, at - 1)]?.id ?? -1);
    else this.#drawTabs();
  }

  select(id: number): void {
    this.#selected = id;
    this.#drawTabs();
    const entry = this.#current;
    for (const other of this.#entries) if (other.view) other.view.element.hidden = other !== entry;
    if (!entry) {
      const message = this.#hosts.length > 0 ? 'No terminal is open. Open one with +.' : '';
      fill(this.#stage, message && h('p', { class: 'vb-empty' }, message));
      return;
    }
    this.#stage.querySelector('.vb-empty')?.remove();
    if (entry.view) this.#fit();
    else void this.#createView(entry);
    this.#told(entry);
  }

  write(id: number, bytes: Uint8Array): void {
    const entry = this.#entries.find((each) => each.id === id);
    if (!entry) return;
    entry.printed.push(bytes);
    if (entry.printed.length > 512) {
      const all = concatBytes(entry.printed);
      entry.printed = [all.length > KEPT_BYTES ? all.slice(-KEPT_BYTES) : all];
    }
    entry.last.write(bytes);
    entry.view?.write(bytes);
    if (entry.view) this.#told(entry);
  }

  /** Moves the focus into the terminal that is to be seen, as soon as that is drawn. */
  focus(): void {
    const view = this.#current?.view;
    if (view) view.focus();
    else this.#focusFrom = document.activeElement;
  }

  setAppearance(appearance: Appearance): void {
    this.#appearance = appearance;
    for (const view of this.#views) view.appearanceChanged(appearance);
    this.#fit();
  }

  setPlain(plain: boolean): void {
    if (plain === this.#plain) return;
    this.#plain = plain;
    this.#drawModes();
    for (const view of this.#views) view.dispose();
    for (const entry of this.#entries) entry.view = null;
    this.#spare = null;
    this.select(this.#selected);
  }

  dispose(): void {
    for (const view of this.#views) view.dispose();
  }

  get #views(): TerminalView[] {
    return [this.#spare, ...this.#entries].flatMap((each) => each?.view ?? []);
  }

  #entry(terminal: TerminalState): Entry {
    const same = this.#entries.filter((entry) => entry.host === terminal.host).length;
    const last = new PlainText();
    last.write(terminal.printed);
    const label = same === 0 ? terminal.host : `${terminal.host} ${same + 1}`;
    return {
      id: terminal.id,
      host: terminal.host,
      label,
      last,
      printed: [terminal.printed],
      view: null,
      size: null,
    };
  }

  async #createView(entry: Entry): Promise<void> {
    const spare = this.#plain ? null : this.#spare;
    if (spare) this.#spare = null;
    const made = spare ?? (await this.#makeView(entry));
    if (!made) return;
    if (entry.view || !this.#entries.includes(entry)) {
      made.view.dispose();
      return;
    }
    const { view } = made;
    made.entry = entry;
    view.setLabel(`Terminal on ${entry.host}`);
    entry.view = view;
    view.element.hidden = entry.id !== this.#selected;
    this.#drawModes();
    this.#fit();
    if (this.#focusFrom !== null && this.#focusFrom === document.activeElement) view.focus();
    this.#focusFrom = null;
    view.write(concatBytes(entry.printed));
    this.#told(entry);
  }

  /** A view in the mode that is chosen now; null when another one was chosen meanwhile. Without xterm's script text is shown. */
  async #makeView(entry: Entry | null): Promise<{ view: TerminalView; entry: Entry | null } | null> {
    const plain = this.#plain;
    if (!plain) this.#xterm ??= await import('./xtermView.ts').catch(() => null);
    if (plain !== this.#plain) return null;
    const options: TerminalViewOptions = {
      label: 'Terminal',
      appearance: this.#appearance,
      onInput: (data) => {
        if (!made.entry) return;
        this.#keyAt = performance.now();
        this.#options.onInput(made.entry.id, data);
      },
    };
    const view = plain || !this.#xterm ? new PlainView(options) : this.#xterm.makeView(options, this.#stage);
    const made = { view, entry };
    if (!view.element.isConnected) this.#stage.append(view.element);
    return made;
  }

  /** Lets tests and the bench see, in attributes and marks, what the eye sees: the prompt is there, the echo is there. */
  #told(entry: Entry): void {
    if (entry.id !== this.#selected) return;
    const line = entry.last.line;
    const ready = PROMPT.test(line);
    this.element.dataset.lastLine = line;
    this.element.dataset.promptReady = String(ready);
    const keyAt = this.#keyAt;
    this.#keyAt = 0;
    if (!ready && keyAt === 0) return;
    const latency = performance.now() - keyAt;
    requestAnimationFrame(() => {
      if (keyAt > 0)
        performance.mark('virtbook:echo', { detail: { latency, painted: performance.now() - keyAt } });
      if (ready && performance.getEntriesByName('virtbook:prompt').length === 0)
        performance.mark('virtbook:prompt');
    });
  }

  #fitSoon(): void {
    cancelAnimationFrame(this.#resizeFrame);
    this.#resizeFrame = requestAnimationFrame(() => this.#fit());
  }

  #fit(): void {
    const entry = this.#current;
    const size = entry?.view?.fit();
    if (!entry || !size) return;
    if (entry.size?.cols === size.cols && entry.size.rows === size.rows) return;
    entry.size = size;
    this.#options.onResize(entry.id, size);
  }

  #drawTabs(): void {
    const closable = this.#entries.length > 1;
    const tabs = this.#entries.map(({ id, label }) => ({
      id: String(id),
      label,
      closable,
      controls: this.#stage.id,
    }));
    this.#tabs.show(tabs, String(this.#selected));
  }

  #drawModes(): void {
    this.#plainButton.setAttribute('aria-pressed', String(this.#plain));
    this.element.dataset.mode = this.#plain ? 'plain' : 'xterm';
    // Where xterm could not be fetched, text is shown in its place.
    this.#hint.textContent = HINTS[this.#current?.view?.kind ?? (this.#plain ? 'plain' : 'xterm')];
  }
}
