/** Utilities for text whose code may come later (later.ts). */
import type { CommandSpec } from '../options.ts';
import { cmp } from './cmp.ts';
import { column } from './column.ts';
import { expand, fold, paste, unexpand } from './columns.ts';
import { comm, join } from './comparing.ts';
import { digestCommands } from './digests.ts';
import { htpasswd } from './htpasswd.ts';
import { nl, tac } from './numbering.ts';
import { shuf } from './shuf.ts';
import { tsort } from './tsort.ts';

export const rarerTextCommands: readonly CommandSpec[] = [
  ...digestCommands,
  cmp,
  column,
  comm,
  expand,
  fold,
  htpasswd,
  join,
  nl,
  paste,
  shuf,
  tac,
  tsort,
  unexpand,
];
