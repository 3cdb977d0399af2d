/** The utilities: command → program, path and completion, each from its own specification. */
import type { Program, ProgramTable } from '../../linux/index.ts';
import type { CompletionSpec, CompletionSpecs } from '../completionSpec.ts';
import { dockerCompletion, dockerProgram } from './docker/index.ts';
import { chmod, chown, getfattr, setfattr, stat } from './files/attributes.ts';
import { cp } from './files/cp.ts';
import { find } from './files/find.ts';
import { ls } from './files/ls.ts';
import { ln, mkdir, mknod, mktemp, touch, truncate } from './files/making.ts';
import { mv } from './files/mv.ts';
import { basename, dirname, readlink, realpath, which } from './files/paths.ts';
import { rm, rmdir } from './files/rm.ts';
import { du, tree } from './files/trees.ts';
import { type CommandSpec, command, completionOf } from './options.ts';
import { kill, pgrep, pidof, pkill, rewriting, signalArgument } from './processes/kill.ts';
import { ps } from './processes/ps.ts';
import { env, sleep, timeout, xargs } from './processes/running.ts';
import {
  date,
  falseCommand,
  groupsCommand,
  hostname,
  id,
  pwd,
  trueCommand,
  tty,
  uname,
  whoami,
} from './system/identity.ts';
import { chroot, df, mount, nsenter, sync, umount, unshare } from './system/mounting.ts';
import { clear, stty } from './system/terminal.ts';
import { cat, cmp, head, oldCount, rev, tail, tee, wc } from './text/basic.ts';
import { base64, sha256sum } from './text/digests.ts';
import { grep } from './text/grep.ts';
import { cut, seq, sort, tr, uniq, yes } from './text/sorting.ts';

const specs: readonly CommandSpec[] = [
  base64,
  basename,
  cat,
  chmod,
  chown,
  chroot,
  clear,
  cmp,
  cp,
  cut,
  date,
  df,
  dirname,
  du,
  env,
  falseCommand,
  getfattr,
  grep,
  groupsCommand,
  head,
  hostname,
  id,
  kill,
  ln,
  ls,
  mkdir,
  mknod,
  mktemp,
  mount,
  mv,
  nsenter,
  pgrep,
  pidof,
  pkill,
  ps,
  pwd,
  readlink,
  realpath,
  rev,
  rm,
  rmdir,
  seq,
  setfattr,
  sha256sum,
  sleep,
  sort,
  stat,
  stty,
  sync,
  tail,
  tee,
  timeout,
  touch,
  tr,
  tree,
  trueCommand,
  truncate,
  tty,
  umount,
  uname,
  uniq,
  unshare,
  wc,
  which,
  whoami,
  xargs,
  yes,
];

/** Commands that understand older forms of their arguments. */
const rewritten: Record<string, (argv: readonly string[]) => string[]> = {
  head: oldCount,
  tail: oldCount,
  kill: signalArgument,
  pkill: signalArgument,
};

/** Commands with a grammar of their own instead of options. */
const others: ReadonlyMap<string, Program> = new Map([
  ['docker', dockerProgram],
  ['find', find],
]);

/** Where administrators' commands lie. */
const administrative = new Set(['chroot', 'mount', 'umount']);

function programOf(spec: CommandSpec): Program {
  const rewrite = rewritten[spec.name];
  return rewrite === undefined ? command(spec) : rewriting(rewrite, command(spec));
}

export const commandPrograms: ProgramTable = new Map([
  ...specs.map((spec) => [spec.name, programOf(spec)] as const),
  ...others,
]);

/** Name → path of the executable. */
export const COMMAND_PATHS: ReadonlyMap<string, string> = new Map(
  [...commandPrograms.keys()].map((name) => [
    name,
    `/usr/${administrative.has(name) ? 'sbin' : 'bin'}/${name}`,
  ]),
);

export const completionSpecs: CompletionSpecs = new Map<string, CompletionSpec>([
  ...specs.map((spec): [string, CompletionSpec] => [spec.name, completionOf(spec)]),
  ['docker', dockerCompletion],
]);
