/** awk: patterns and actions on records. */
import type { CommandSpec } from '../options.ts';

export const awkCommands: readonly CommandSpec[] = [];
