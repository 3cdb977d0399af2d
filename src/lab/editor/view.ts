/** What the code pane needs of an editor; Monaco and a plain text box are the two. */
import type { Appearance } from '../terminal/view.ts';

export interface EditorFile {
  readonly name: string;
  text: string;
}

/** A problem to be marked in a file. Lines and columns count from 1. */
export interface EditorProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface EditorView {
  readonly element: HTMLElement;
  /** Shows the file of that name. */
  open(name: string): void;
  /** Replaces a file's text from outside (undo, import). */
  setText(name: string, text: string): void;
  setReadOnly(readOnly: boolean): void;
  setProblems(problems: readonly EditorProblem[]): void;
  reveal(line: number, column: number): void;
  appearanceChanged(appearance: Appearance): void;
  focus(): void;
  dispose(): void;
}

export interface EditorViewOptions {
  /** Element to build in; it is in the page. */
  parent: HTMLElement;
  files: readonly EditorFile[];
  /** Declarations of the exercise's API. */
  api: readonly { readonly path: string; readonly text: string }[];
  appearance: Appearance;
  readOnly: boolean;
  onChange: (name: string, text: string) => void;
}

/** The language of a file by its name, in Monaco's terms. */
export function languageOf(name: string): string {
  if (/(?:^|\/)Dockerfile/.test(name)) return 'dockerfile';
  const byEnding: Record<string, string> = {
    ts: 'typescript',
    js: 'javascript',
    yaml: 'yaml',
    yml: 'yaml',
    xml: 'xml',
    sh: 'shell',
  };
  return byEnding[name.split('.').pop() ?? ''] ?? 'plaintext';
}
