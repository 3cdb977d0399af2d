/** Differences of files, and what applies them. */
import type { CommandSpec } from '../options.ts';
import { diff } from './diff.ts';
import { patch } from './patch.ts';

export const diffCommands: readonly CommandSpec[] = [diff, patch];
