/**
 * A terminal as text and one input line: for screen readers, for touch, and for whoever likes it better. A line is sent with Enter; keys that a
 * text box cannot give are buttons.
 */
import { button, fill, h, uniqueId } from '../dom.ts';
import type { TerminalSize } from '../worker/protocol.ts';
import { controlChooser, controlOf, isCtrlBracket } from './controlKeys.ts';
import { PlainText } from './plainText.ts';
import type { Appearance, TerminalView, TerminalViewOptions } from './view.ts';

/** Columns of a plain terminal: fixed, since the text wraps by itself. */
const SIZE: TerminalSize = { cols: 100, rows: 30 };
const KEPT_LINES = 2000;

export class PlainView implements TerminalView {
  readonly kind = 'plain';
  readonly element: HTMLElement;
  #log: HTMLElement;
  #last: HTMLElement;
  #input: HTMLInputElement;
  #text = new PlainText();

  constructor(options: TerminalViewOptions) {
    const id = uniqueId('line');
    this.#last = h('div', { class: 'vb-plain-last' });
    this.#log = h('div', {
      class: 'vb-plain-log',
      role: 'log',
      tabindex: 0,
    });
    this.#input = h('input', {
      id,
      class: 'vb-plain-input',
      autocapitalize: 'off',
      autocomplete: 'off',
      spellcheck: 'false',
      enterkeyhint: 'send',
      onkeydown: (event: KeyboardEvent) => {
        if (!isCtrlBracket(event)) return;
        event.preventDefault();
        options.onInput(controlOf(']'));
      },
    });
    const send = (event: Event) => {
      event.preventDefault();
      options.onInput(`${this.#input.value}\r`);
      this.#input.value = '';
    };
    const key = (label: string, data: string) =>
      button(label, () => options.onInput(data), { class: 'vb-button vb-small' });
    const complete = () => {
      options.onInput(`${this.#input.value}\t`);
      this.#input.value = '';
      this.#input.focus();
    };
    this.element = h(
      'div',
      { class: 'vb-plain' },
      this.#log,
      this.#last,
      h(
        'form',
        { class: 'vb-plain-form', onsubmit: send },
        h('label', { for: id }, 'Command'),
        this.#input,
        h('button', { class: 'vb-button vb-small' }, 'Send'),
      ),
      h(
        'div',
        { class: 'vb-row vb-plain-keys', role: 'group', 'aria-label': 'Keys' },
        button('Complete (Tab)', complete, { class: 'vb-button vb-small' }),
        ...['C', 'D', 'Z', ']'].map((name) => key(`Ctrl-${name}`, controlOf(name))),
        controlChooser(options.onInput),
        key('↑ earlier', '\x1b[A'),
        key('↓ later', '\x1b[B'),
      ),
    );
    this.setLabel(options.label);
    this.appearanceChanged(options.appearance);
  }

  setLabel(label: string): void {
    this.#log.setAttribute('aria-label', `${label}, output`);
  }

  write(bytes: Uint8Array): void {
    const lines = this.#text.write(bytes);
    const log = this.#log;
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    for (const line of lines.slice(-KEPT_LINES)) log.append(h('div', {}, line || '\u00a0'));
    while (log.childElementCount > KEPT_LINES) log.firstElementChild?.remove();
    fill(this.#last, this.#text.line);
    if (atEnd) log.scrollTop = log.scrollHeight;
  }

  focus(): void {
    this.#input.focus();
  }

  fit(): TerminalSize {
    return SIZE;
  }

  clear(): void {
    this.#text = new PlainText();
    fill(this.#log);
    fill(this.#last);
  }

  dispose(): void {
    this.element.remove();
  }

  appearanceChanged({ fontSize }: Appearance): void {
    this.element.style.fontSize = `${fontSize}px`;
  }
}
