/** Commands of System V IPC. */
import type { CommandSpec } from '../options.ts';
import { ipcmk } from './ipcmk.ts';
import { ipcrm } from './ipcrm.ts';
import { ipcs } from './ipcs.ts';

export const ipcCommands: readonly CommandSpec[] = [ipcmk, ipcrm, ipcs];
