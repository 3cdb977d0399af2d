/** Files as bytes: dumps, copies of blocks, kinds of files. */
import type { CommandSpec } from '../options.ts';

export const byteCommands: readonly CommandSpec[] = [];
