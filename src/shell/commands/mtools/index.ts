/** mtools(1): FAT file systems in disk images, without mounting them; mkfs.vfat(8). */
import type { CommandSpec } from '../options.ts';
import { mdel, mmd } from './changing.ts';
import { mcopy, mtype } from './copying.ts';
import { mkfsVfat } from './formatting.ts';
import { mdir } from './listing.ts';

export const mtoolsCommands: readonly CommandSpec[] = [mcopy, mdel, mdir, mkfsVfat, mmd, mtype];
