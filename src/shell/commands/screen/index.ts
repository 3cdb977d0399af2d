/** Programs that fill the terminal: pager, editor, watchers. */
import type { CommandSpec } from '../options.ts';
import { less } from './less/index.ts';
import { more } from './less/more.ts';
import { nano } from './nano/index.ts';
import { top } from './watching/top.ts';
import { watch } from './watching/watch.ts';

export { manualCommands } from './man/index.ts';

export const screenCommands: readonly CommandSpec[] = [less, more, nano, top, watch];
