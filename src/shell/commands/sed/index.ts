/** sed: the stream editor. */
import type { CommandSpec } from '../options.ts';

export const sedCommands: readonly CommandSpec[] = [];
