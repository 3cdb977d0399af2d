/** Programs that fill the terminal: pager, editor, watchers. */
import type { CommandSpec } from '../options.ts';

export const screenCommands: readonly CommandSpec[] = [];
