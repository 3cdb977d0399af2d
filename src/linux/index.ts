/** The Linux-like host: processes, signals, terminals, files, namespaces behind system calls. */

import type { FileTree } from './fs/index.ts';
import { init } from './init.ts';
import { executableImage, type ProgramTable } from './program.ts';

export type { DeviceRule } from './cgroup/devices.ts';
export * from './credentials/index.ts';
export { anonymousStat, type Driver } from './files/driver.ts';
export { InodeFile } from './files/inodeFile.ts';
export { type NetNamespace, NetworkSocketFile, type NetworkStack } from './files/networkStack.ts';
export { OpenFile, type Readiness } from './files/openFile.ts';
export * from './fs/index.ts';
export { type HostOptions, LinuxHost, type SpawnOptions, type TerminalOptions } from './host.ts';
export type { Oops } from './kernel.ts';
export type { OutsideConnection, OutsideHooks } from './outside.ts';
export {
  EXECUTABLE_MAGIC,
  executableImage,
  type Program,
  type ProgramContext,
  type ProgramTable,
  type Sys,
} from './program.ts';
export {
  defaultAction,
  parseSignal,
  type SignalName,
  signalNames,
  signalNumber,
  strsignal,
} from './signals.ts';
export { LineReader, READ_SIZE, Room, readAll, readFile, writeAll } from './stdio.ts';
export { sys } from './sys.ts';
export * from './syscalls.ts';
export { type CpuSet, cpuRange, cpuSetOf, cpusOf } from './tasks/cpuSet.ts';
export { type Limit, RESOURCES, type ResourceName } from './tasks/limits.ts';
export { PidRef } from './tasks/pids.ts';
export type { Engine, Task, TaskState } from './tasks/task.ts';
export { Blocked, WaitQueue } from './tasks/waitQueue.ts';
export * from './tracing/types.ts';
export type { HostTerminal } from './tty/hostTerminal.ts';
export type { HostView, ProcessInfo } from './view.ts';

/** Programs of the kernel's own. */
export const kernelPrograms: ProgramTable = new Map([['init', init]]);

/** Their executables. */
export const kernelFiles: FileTree = { '/usr/sbin/init': { content: executableImage('init'), mode: 0o755 } };
