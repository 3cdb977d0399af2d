/** A terminal drawn by xterm.js, with fitting, search, links and the clipboard. */
import { ClipboardAddon, type ClipboardSelectionType, type IClipboardProvider } from '@xterm/addon-clipboard';
import { FitAddon } from '@xterm/addon-fit';
import type { SearchAddon } from '@xterm/addon-search';
import { WebLinksAddon } from '@xterm/addon-web-links';
import { Terminal } from '@xterm/xterm';
import xtermCss from '@xterm/xterm/css/xterm.css?inline';
import { encodeUtf8 } from '../../base/index.ts';
import { h } from '../dom.ts';
import { attachStyle } from '../styles/attach.ts';
import type { TerminalSize } from '../worker/protocol.ts';
import { terminalTheme } from './theme.ts';
import { type Appearance, CODE_FONT, type TerminalView, type TerminalViewOptions } from './view.ts';

/** Programs may put text on the clipboard (OSC 52); none may read it. */
class WriteOnlyClipboard implements IClipboardProvider {
  readText(): string {
    return '';
  }
  async writeText(_selection: ClipboardSelectionType, text: string): Promise<void> {
    await navigator.clipboard?.writeText(text);
  }
}

class XtermView implements TerminalView {
  readonly kind = 'xterm';
  readonly element: HTMLElement;
  #terminal: Terminal;
  #fit = new FitAddon();
  /** Its code comes when somebody searches: it is a third as much as the terminal's own. */
  #search: Promise<SearchAddon> | null = null;

  constructor(options: TerminalViewOptions, parent: HTMLElement) {
    attachStyle('xterm', xtermCss);
    this.element = h('div', { class: 'vb-xterm' });
    parent.append(this.element);
    this.#terminal = new Terminal({
      allowProposedApi: true,
      cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
      fontFamily: CODE_FONT,
      fontSize: options.appearance.fontSize,
      minimumContrastRatio: 4.5,
      screenReaderMode: options.appearance.screenReader,
      scrollback: 5000,
      theme: terminalTheme(options.appearance.dark),
    });
    this.#terminal.loadAddon(this.#fit);
    this.#terminal.loadAddon(new WebLinksAddon((_event, uri) => window.open(uri, '_blank', 'noopener')));
    this.#terminal.loadAddon(new ClipboardAddon(undefined, new WriteOnlyClipboard()));
    this.#terminal.onData(options.onInput);
    this.#terminal.onBinary(options.onInput);
    this.#terminal.attachCustomKeyEventHandler((event) => !this.#isPageKey(event));
    this.#terminal.open(this.element);
    this.setLabel(options.label);
  }

  setLabel(label: string): void {
    this.#terminal.textarea?.setAttribute('aria-label', label);
  }

  write(bytes: Uint8Array): void {
    this.#terminal.write(bytes);
  }

  focus(): void {
    this.#terminal.focus();
  }

  fit(): TerminalSize | null {
    const size = this.#fit.proposeDimensions();
    if (!size || Number.isNaN(size.cols) || this.element.clientHeight === 0) return null;
    const { cols, rows } = { cols: Math.max(20, size.cols), rows: Math.max(4, size.rows) };
    this.#terminal.resize(cols, rows);
    return { cols, rows };
  }

  clear(): void {
    this.#terminal.reset();
  }

  dispose(): void {
    this.#terminal.dispose();
    this.element.remove();
  }

  appearanceChanged({ dark, fontSize, screenReader }: Appearance): void {
    this.#terminal.options.theme = terminalTheme(dark);
    this.#terminal.options.fontSize = fontSize;
    this.#terminal.options.screenReaderMode = screenReader;
  }

  async find(text: string, backwards: boolean): Promise<boolean> {
    this.#search ??= this.#loadSearch();
    const search = await this.#search;
    return backwards ? search.findPrevious(text) : search.findNext(text);
  }

  async #loadSearch(): Promise<SearchAddon> {
    try {
      const { SearchAddon } = await import('@xterm/addon-search');
      const search = new SearchAddon();
      this.#terminal.loadAddon(search);
      return search;
    } catch (error) {
      this.#search = null;
      throw error;
    }
  }

  /** Keys that are the page's: the way out, checking, full screen, copying. Ctrl-C alone always goes to the program. */
  #isPageKey(event: KeyboardEvent): boolean {
    if (event.key === 'F6' || event.key === 'F9') return true;
    if (event.ctrlKey && event.key === 'Enter') return true;
    if (!event.ctrlKey || !event.shiftKey) return false;
    const key = event.key.toLowerCase();
    if (key === 'c' && event.type === 'keydown') {
      event.preventDefault();
      if (this.#terminal.hasSelection()) void navigator.clipboard?.writeText(this.#terminal.getSelection());
    }
    return key === 'c' || key === 'v' || key === 'f';
  }
}

/** A view inside `parent`: xterm measures its font, so its element must be in the page when it opens. */
export function makeView(options: TerminalViewOptions, parent: HTMLElement): TerminalView {
  return new XtermView(options, parent);
}

let warmed = false;

/** Draws a terminal that nobody sees, once: the first one of a page takes several times as long as those after it. */
export function warmXterm(): void {
  if (warmed) return;
  warmed = true;
  const unseen = h('div', { 'aria-hidden': 'true', inert: true });
  unseen.style.cssText =
    'position: fixed; inset: 0 auto auto 0; width: 20rem; height: 10rem; visibility: hidden; contain: strict';
  document.body.append(unseen);
  const appearance = { dark: false, fontSize: 13, screenReader: false };
  const view = makeView({ label: '', appearance, onInput: () => {} }, unseen);
  view.fit();
  view.write(encodeUtf8('$ '));
  setTimeout(() => {
    view.dispose();
    unseen.remove();
  }, 100);
}
