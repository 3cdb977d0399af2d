/** Utilities that read text and write text. */
import type { CommandSpec } from '../options.ts';
import { cat, cmp, head, rev, tail, tee, wc } from './basic.ts';
import { base64, sha256sum } from './digests.ts';
import { grep } from './grep.ts';
import { cut, seq, sort, tr, uniq, yes } from './sorting.ts';

export const textCommands: readonly CommandSpec[] = [
  base64,
  cat,
  cmp,
  cut,
  grep,
  head,
  rev,
  seq,
  sha256sum,
  sort,
  tail,
  tee,
  tr,
  uniq,
  wc,
  yes,
];
