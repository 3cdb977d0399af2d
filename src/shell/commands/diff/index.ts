/** Differences of files, and what applies them. */
import type { CommandSpec } from '../options.ts';

export const diffCommands: readonly CommandSpec[] = [];
