/** Commands of namespaces: making, entering and listing them. */
import type { CommandSpec } from '../options.ts';
import { lsns } from './lsns.ts';
import { newgidmap, newuidmap } from './newIdMap.ts';
import { nsenter } from './nsenter.ts';
import { pivotRoot } from './pivotRoot.ts';
import { unshare } from './unshare.ts';

export const namespaceCommands: readonly CommandSpec[] = [
  lsns,
  newgidmap,
  newuidmap,
  nsenter,
  pivotRoot,
  unshare,
];
