/** Utilities about what a host has and who uses it: processes, memory, processor time, mounts, groups of files. */
import { chgrp } from '../files/chgrp.ts';
import { mkfifo } from '../files/mkfifo.ts';
import type { CommandSpec } from '../options.ts';
import { killall } from '../processes/killall.ts';
import { nohup } from '../processes/nohup.ts';
import { ps } from '../processes/ps/index.ts';
import { pstree } from '../processes/pstree.ts';
import { setsid } from '../processes/setsid.ts';
import { findmnt } from '../system/findmnt.ts';
import { lsblk } from '../system/lsblk.ts';
import { mountpoint } from '../system/mountpoint.ts';
import { who } from '../system/who.ts';
import { dmesg } from './dmesg.ts';
import { free } from './free.ts';
import { nice, renice } from './nice.ts';
import { prlimit } from './prlimit.ts';
import { stress } from './stress.ts';
import { taskset } from './taskset.ts';

export const resourceCommands: readonly CommandSpec[] = [
  chgrp,
  dmesg,
  findmnt,
  free,
  killall,
  lsblk,
  mkfifo,
  mountpoint,
  nice,
  nohup,
  prlimit,
  ps,
  pstree,
  renice,
  setsid,
  stress,
  taskset,
  who,
];
