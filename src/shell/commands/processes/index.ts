/** Utilities that start, list, signal and wait for processes. */
import type { CommandSpec } from '../options.ts';
import { kill, pgrep, pidof, pkill } from './kill.ts';
import { env, sleep, timeout, xargs } from './running.ts';

export const processCommands: readonly CommandSpec[] = [
  env,
  kill,
  pgrep,
  pidof,
  pkill,
  sleep,
  timeout,
  xargs,
];
