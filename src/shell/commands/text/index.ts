/** Utilities that read text and write text. */
import type { CommandSpec } from '../options.ts';
import { base64 } from './base64.ts';
import { cat, head, rev, tee, wc } from './basic.ts';
import { cmp } from './cmp.ts';
import { column } from './column.ts';
import { expand, fold, paste, unexpand } from './columns.ts';
import { comm, join } from './comparing.ts';
import { digestCommands } from './digests.ts';
import { grep } from './grep.ts';
import { nl, tac } from './numbering.ts';
import { seq } from './seq.ts';
import { cut, sort, tr, uniq, yes } from './sorting.ts';
import { tail } from './tail.ts';

export const textCommands: readonly CommandSpec[] = [
  ...digestCommands,
  base64,
  cat,
  cmp,
  column,
  comm,
  cut,
  expand,
  fold,
  grep,
  head,
  join,
  nl,
  paste,
  rev,
  seq,
  sort,
  tac,
  tail,
  tee,
  tr,
  unexpand,
  uniq,
  wc,
  yes,
];
