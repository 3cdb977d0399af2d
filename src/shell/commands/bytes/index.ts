/** Files as bytes: dumps, copies of blocks, kinds of files. */
import type { CommandSpec } from '../options.ts';
import { dd } from './dd.ts';
import { hexdump } from './hexdump.ts';
import { od } from './od.ts';
import { split } from './split.ts';
import { strings } from './strings.ts';
import { xxd } from './xxd.ts';

export const byteCommands: readonly CommandSpec[] = [dd, hexdump, od, split, strings, xxd];
