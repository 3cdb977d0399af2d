/** Commands of privileges: capabilities of processes and files. */
import type { Program } from '../../../linux/index.ts';
import type { CommandSpec } from '../options.ts';
import { capsh } from './capsh.ts';
import { getcap, setcap } from './fileCaps.ts';
import { getpcaps } from './getpcaps.ts';
import { setpriv } from './setpriv.ts';
import { su } from './su.ts';

export const privilegeCommands: readonly CommandSpec[] = [getcap, getpcaps, setcap, setpriv, su];

export const privilegePrograms: ReadonlyMap<string, Program> = new Map([['capsh', capsh]]);
