/**
 * Every call of this kernel as strace shows it, or why it does not. Nothing is added: a program here has no loader, maps no libraries and sets
 * up no threads, so the mmap, brk and arch_prctl calls at the start of a real program are missing. Where an argument is a size that Linux is
 * given and this kernel is not, it is the one that glibc gives; an address is `...`.
 */
import type { SyscallName, SyscallRequest } from '../../../../linux/index.ts';
import { credentialFormats } from './credentials.ts';
import { descriptorFormats } from './descriptors.ts';
import { memoryFormats } from './memory.ts';
import { namespaceFormats } from './namespaces.ts';
import { pathFormats } from './paths.ts';
import { processFormats } from './processes.ts';
import { ioctl } from './requests.ts';
import { signalFormats } from './signals.ts';
import { socketFormats } from './sockets.ts';
import { terminalFormats } from './terminals.ts';
import type { Done, Formats, Show, Shown } from './types.ts';

export const formats: Formats<SyscallName> = {
  ...processFormats,
  ...memoryFormats,
  ...signalFormats,
  ...credentialFormats,
  ...descriptorFormats,
  ...pathFormats,
  ...namespaceFormats,
  ...terminalFormats,
  ...socketFormats,
  ioctl,
};

/** Null: it is not seen. */
export function formatCall(show: Show, { call, args }: SyscallRequest, done: Done<unknown>): Shown | null {
  const format = formats[call] as
    | string
    | ((show: Show, done: Done<unknown>, ...args: readonly unknown[]) => Shown | null);
  return typeof format === 'string' ? null : format(show, done, ...args);
}
