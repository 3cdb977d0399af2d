/** What the terminal pane needs of a way to show a terminal; xterm and plain text are the two. */
import type { TerminalSize } from '../worker/protocol.ts';

export interface TerminalView {
  readonly kind: TerminalKind;
  readonly element: HTMLElement;
  /** Says to assistive technology what this terminal is. */
  setLabel(label: string): void;
  write(bytes: Uint8Array): void;
  focus(): void;
  /** Fits the terminal to its box and returns its size; null while it has no box. */
  fit(): TerminalSize | null;
  clear(): void;
  dispose(): void;
  appearanceChanged(appearance: Appearance): void;
  /** Finds the next (or the previous) place of `text`; false when there is none. Absent where the browser's own search does it. */
  find?(text: string, backwards: boolean): Promise<boolean>;
}

export type TerminalKind = 'xterm' | 'plain';

/** What to know of a terminal's keys, below it. */
export const HINTS: Readonly<Record<TerminalKind, string>> = {
  xterm: 'Tab completes. F6 leaves the terminal. Ctrl+Shift+C copies, Ctrl+Shift+V pastes.',
  plain:
    'Enter sends the line. Keys that a program waits for are the buttons; Ctrl+] can be typed, too. F6 leaves the terminal.',
};

export interface Appearance {
  readonly dark: boolean;
  /** Of terminal and editor, in CSS pixels. */
  readonly fontSize: number;
  readonly screenReader: boolean;
}

export interface TerminalViewOptions {
  label: string;
  appearance: Appearance;
  onInput: (data: string) => void;
}

/** The page's font for code, and the same where a font must be named in a script. */
export const CODE_FONT =
  'ui-monospace, "Cascadia Mono", "Source Code Pro", Menlo, Consolas, "DejaVu Sans Mono", monospace';
