/** Utilities about the host itself: who and where one is, mounts, namespaces, the terminal. */
import type { Program } from '../../../linux/index.ts';
import type { CommandSpec } from '../options.ts';
import { nproc, printenv, uptime } from './counting.ts';
import { date } from './date.ts';
import { groupsCommand, id, whoami } from './id.ts';
import { falseCommand, pwd, trueCommand, tty, uname } from './identity.ts';
import { mount, umount } from './mount.ts';
import { chroot, df, sync } from './mounting.ts';
import { echo, printf, test } from './printing.ts';
import { sudo } from './sudo.ts';
import { clear, stty } from './terminal.ts';

export const systemCommands: readonly CommandSpec[] = [
  chroot,
  clear,
  date,
  df,
  falseCommand,
  groupsCommand,
  id,
  mount,
  nproc,
  printenv,
  pwd,
  stty,
  sudo,
  sync,
  trueCommand,
  tty,
  umount,
  uname,
  uptime,
  whoami,
];

/** Those without options of their own. */
export const systemPrograms: ReadonlyMap<string, Program> = new Map([
  ['echo', echo],
  ['printf', printf],
  ['test', test],
  ['[', test],
]);
