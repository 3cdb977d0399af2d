/** Utilities that read text and write text, as the setup of a host may use them; the others are in rarer.ts. */
import type { CommandSpec } from '../options.ts';
import { base64 } from './base64.ts';
import { head, rev, tee, wc } from './basic.ts';
import { cat } from './cat.ts';
import { grep } from './grep.ts';
import { seq } from './seq.ts';
import { cut, sort, tr, uniq, yes } from './sorting.ts';
import { tail } from './tail.ts';

export const textCommands: readonly CommandSpec[] = [
  base64,
  cat,
  cut,
  grep,
  head,
  rev,
  seq,
  sort,
  tail,
  tee,
  tr,
  uniq,
  wc,
  yes,
];
