/** Archives and compression. */
import type { CommandSpec } from '../options.ts';
import { cpio } from './cpio.ts';
import { gunzip, gzip, zcat } from './gzip.ts';
import { tar } from './tar.ts';

export const archiveCommands: readonly CommandSpec[] = [cpio, gunzip, gzip, tar, zcat];
