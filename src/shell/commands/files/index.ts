/** Utilities that make, move, describe and find files. */
import type { Program } from '../../../linux/index.ts';
import type { CommandSpec } from '../options.ts';
import { chmod, chown, getfattr, setfattr, stat } from './attributes.ts';
import { cp } from './cp.ts';
import { find } from './find.ts';
import { ls } from './ls.ts';
import { ln, mkdir, mknod, mktemp, touch, truncate } from './making.ts';
import { mv } from './mv.ts';
import { basename, dirname, readlink, realpath, which } from './paths.ts';
import { rm, rmdir } from './rm.ts';
import { du, tree } from './trees.ts';

export const fileCommands: readonly CommandSpec[] = [
  basename,
  chmod,
  chown,
  cp,
  dirname,
  du,
  getfattr,
  ln,
  ls,
  mkdir,
  mknod,
  mktemp,
  mv,
  readlink,
  realpath,
  rm,
  rmdir,
  setfattr,
  stat,
  touch,
  tree,
  truncate,
  which,
];

/** With a grammar of their own instead of options. */
export const filePrograms: ReadonlyMap<string, Program> = new Map([['find', find]]);
