/** Programs that fill the terminal: pager, editor, watchers. */
import type { CommandSpec } from '../options.ts';
import { less } from './less/index.ts';
import { nano } from './nano/index.ts';

export { manualCommands } from './man/index.ts';

export const screenCommands: readonly CommandSpec[] = [less, nano];
