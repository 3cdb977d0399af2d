/** Archives and compression. */
import type { CommandSpec } from '../options.ts';

export const archiveCommands: readonly CommandSpec[] = [];
