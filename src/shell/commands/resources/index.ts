/** Utilities about what a host has and who uses it: processes, memory, processor time, mounts. */
import type { CommandSpec } from '../options.ts';
import { nohup } from '../processes/nohup.ts';
import { ps } from '../processes/ps/index.ts';
import { findmnt } from '../system/findmnt.ts';
import { who } from '../system/who.ts';
import { dmesg } from './dmesg.ts';
import { free } from './free.ts';
import { nice, renice } from './nice.ts';
import { prlimit } from './prlimit.ts';
import { stress } from './stress.ts';

export const resourceCommands: readonly CommandSpec[] = [
  dmesg,
  findmnt,
  free,
  nice,
  nohup,
  prlimit,
  ps,
  renice,
  stress,
  who,
];
