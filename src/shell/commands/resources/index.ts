/** Utilities about memory and processor time: how much there is, who has it, and taking it. */
import type { CommandSpec } from '../options.ts';
import { dmesg } from './dmesg.ts';
import { free } from './free.ts';
import { nice, renice } from './nice.ts';
import { prlimit } from './prlimit.ts';
import { stress } from './stress.ts';

export const resourceCommands: readonly CommandSpec[] = [dmesg, free, nice, prlimit, renice, stress];
