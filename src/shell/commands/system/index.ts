/** Utilities about the host itself: who and where one is, mounts, namespaces, the terminal. */
import type { CommandSpec } from '../options.ts';
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
} from './identity.ts';
import { chroot, df, mount, nsenter, sync, umount, unshare } from './mounting.ts';
import { clear, stty } from './terminal.ts';

export const systemCommands: readonly CommandSpec[] = [
  chroot,
  clear,
  date,
  df,
  falseCommand,
  groupsCommand,
  hostname,
  id,
  mount,
  nsenter,
  pwd,
  stty,
  sync,
  trueCommand,
  tty,
  umount,
  uname,
  unshare,
  whoami,
];
